"""bytes -> typed records, or quarantined rows with a reason. Strict: nothing is guessed, nothing vanishes.

`choose` finds the layout by the file's name, `text` turns bytes into rows, `heads` reads what stands beside the
records, `delimited` cuts them into columns, `number` and `time` turn columns into values; `files` does all of it for a
batch, and `account` says what became of each file, every row counted on the bytes.
"""
