"""The pipeline's ledger in the operational database: read when a batch is planned, written when it ends.

arrivals       each file as it came
batches        which arrivals are handled together, and from which versions of the tables
files          what the decoded files hold, and which version of a name counts
hours          machine hours: covered, closed, pending for stock
reassignments  corrections of product and quality by people
receipts       the chain of receipts
"""
