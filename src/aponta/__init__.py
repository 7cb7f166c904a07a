"""aponta: what the machines made becomes stock, yield, foreseen maintenance and open data.

The rooms, in the order data flows (also the alphabetical order of the folders):

    collect   brings the machines' files in, untouched
    decode    bytes -> typed records, or quarantined rows with a reason
    lake      keeps Delta tables, answers queries
    refine    records -> facts -> KPIs: pure functions
    ship      sends facts out, exactly once
    show      pages, API and print

`pipeline` runs them in this order: the pass. `usecases` is what people ask for beside it: corrections, questions,
reconciliation. `cli` is the door for a person at a terminal, `operate` lets the computer run it, `lab` is the same
pipeline on simulated factories. What all share stands below: `contract` (the words between rooms), `config`,
`factory_calendar`, `checks`, `ops` (the operational database and the disk), `words` (what people read) and `errors`.
"""

__version__ = "0.1.0"
