"""The operational database: what must be remembered between passes and is no fact about production.

SQLite in the factory folder by default, PostgreSQL by URL. Facts live in the lake; here are the ledger of files, the
batches, the hours waiting to be declared, the outbox, the receipts, the users. Beside it what every process needs of
the computer: whole writes, locks, the log, the watcher's heartbeat.
"""
