"""Brings the machines' files in, untouched: each into the raw zone by its hash, each arrival into the ledger.

landing   one look at every source: the room's work
polling   a source as a pass asks it: one that falls silent holds up no other
raw       the bytes, by hash
archive   packed files
ledger    what is written down
names     which are passed over, and how any can be kept
sources/  kinds of sources: folder, S3, SFTP, the inbox of what machines send
"""
