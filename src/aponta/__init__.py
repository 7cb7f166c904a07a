"""aponta: what the machines made becomes stock, yield, foreseen maintenance and open data.

The pipeline, in the order data flows (also the alphabetical order of the folders):

    collect   brings the machines' files in, untouched
    decode    bytes -> typed records, or quarantined rows with a reason
    lake      keeps Delta tables, answers queries
    refine    records -> facts -> KPIs: pure functions
    ship      sends facts out, exactly once

`pipeline.py` runs the rooms in that order; `cli.py` is the door for a person at a terminal; `lab` is the same
pipeline on simulated factories, `operate` lets the computer run it. What rooms share stands beside them:
`contract` (their words), `config`, `calendar`, `checks`, `ops` (the operational database), `words` (what people read)
and `errors`.
"""

__version__ = "0.1.0"
