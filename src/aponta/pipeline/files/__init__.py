"""The files of a batch: what they are, what they touch, and what became of their rows.

versions     whether an arrival is new, a duplicate or a version, and which version counts
impact       which hours a batch touches, and which earlier files also hold them
closing      when an hour is closed, and when its stock is withheld
accounting   the law of accounting: rows, items, receipts
recordless   files without a record
files_table  silver.files and silver.quarantine
"""
