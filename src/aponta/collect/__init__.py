"""Brings the machines' files in, untouched: each into the raw zone by its hash, each arrival into the ledger.

landing   polls every source once: the room's work
polling   a source as a pass polls it: a silent source holds up no other
raw       the files' bytes, by hash
archive   packed files: gzip and zip
ledger    records of arrivals, and the files already known
names     file names: which are ignored, and how any can be stored and shown
sources/  kinds of sources: folder, S3, SFTP, and the inbox of files that machines send
"""
