"""The conveyor: plans, runs the rooms in order, audits, publishes. With `cli` the only place that knows all rooms.

conveyor   one pass, step after step
work       one batch of files, from staged records to published tables
settle     what each arrival is, and which file of a name is in force
touched    which hours a batch touches, and the edges around them
index      the neighbours of those hours
task       what a batch has to do with its hours
facts      every table that changes
closing    when an hour is closed
premises   what facts rest on beside files, and where it changed
restating  hours made anew because it did
remaking   how: from the items that are known
reassigning  what people put right of what was typed wrong
backfilling  files of some hours decoded anew
rehearsing what a change would do, without doing it
declare    from facts to the stock system
ledger, staging, receipts   what is remembered
keeping    whether what was written is still there
"""
