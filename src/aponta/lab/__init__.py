"""The lab: simulated factories with seeded faults and known truth, and the pipeline's answers held against it.

    plant       the case's factory: machines, products, ideal cycles
    shifts      when it works
    nature      what machines of a type are like
    machine     one machine living through its shifts: items, pauses, failures
    states      what it tells of itself
    form        how machines of one layout write: items as the bytes of a file
    cells       where a value stands in a row
    forms/      the forms there are, one file a form
    layouts/    and their layouts, each with a sample
    delivery    how an hour reaches the landing folder: as it should, or by a fault
    faults/     what goes wrong, one file a fault
    plan        which hours a fault falls on
    witness     what can be known of a machine
    stops       when it stood
    truth       what is true of it, by simple arithmetic of its own
    recording   one machine's whole simulation
    masterdata  the factory folder's own files
    facts       months of hourly facts, without text
    folder      simulate(): the factory folder
    verify      verify(): the truth against the tables

Times inside are milliseconds since 1970 in UTC; in `truth.json` they are written as `aponta sql` writes them.
"""
