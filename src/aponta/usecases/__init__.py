"""Use cases: the work that a person asks for between passes.

correct  changes facts: backfill, retry, accept, reassign, close hours; and previews of these
doctor   checks the folder and the computer, verifies receipts and raw files
read     published tables, status, completeness, explanations, drift
stock    approval, reconciliation, counts
vendor   the file that a machine's vendor is asked for, and grades
inbox    receives files that machines send
"""
