"""The pass: what came is collected, decoded, refined and shipped, in batches that are published whole.

run           the conveyor: one pass, step after step
upgrade       a folder of an earlier release becomes one of this release
report        a pass from outside: options, progress, report
batch         one batch of files, from staged records to published tables
publish       write, audit, publish
declare       closed hours become declarations in the outbox
post          declarations are posted to stock systems
outbox_table  the outbox as a table of the lake
context       factory, database and raw zone of a batch
staging       what decode leaves for refine
files/        which file is in force, which hours it touches, and the accounts of its rows
facts/        every table that changes
restate/      hours computed again since their inputs changed
ledger/       what is remembered of arrivals, batches, files and hours
"""
