"""The lab: simulated factories with seeded faults and known truth, and the pipeline's answers held against it.

    simulation/ a factory living through its days
      plant     the case's factory: machines, products, ideal cycles
      shifts    when it works
      nature    what machines of a type are like
      machine   one machine living through its shifts: items, pauses, failures
      states    the machine states it reports
    cells       where a value stands in a row
    form        how machines of one layout write: items as the bytes of a file
    forms/      the forms there are, one file a form
    layouts/    and their layouts, each with a sample
    delivery    how an hour reaches the landing folder: as it should, or by a fault
    masterdata  the factory folder's own files
    faults/     what goes wrong, one file a fault
    plan        which hours a fault falls on
    truth/      what is true of a machine, by simple arithmetic of its own
      observer  the knowledge that files give of a machine
      stops     its true stops
      verify    verify_truth(): the truth against the tables
    facts       months of hourly facts, without text
    recording   one machine's whole simulation
    folder      simulate_factory(): the factory folder

Times inside are milliseconds since 1970 in UTC; in `truth.json` they are written as `aponta sql` writes them.
"""
