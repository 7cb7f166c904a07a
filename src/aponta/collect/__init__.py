"""Brings the machines' files in, untouched: each into the raw zone by its hash, each arrival into the ledger.

`landing.collect` is the room's work; one module per kind of source stands beside it (`folder`).
"""
