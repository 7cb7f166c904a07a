"""bytes -> typed records, or quarantined rows with a reason. Strict: nothing is guessed, nothing vanishes.

`choose` finds the layout by the file's name, `text` turns bytes into rows, `heads` reads what stands beside the
records, `forms` cut them into columns, `number` and `time` turn columns into values, `records` does so for the rows of
several files, `order` says how they follow each other; `files` does all of it for a batch, `large`, with `pieces` and
`parts`, for a file that is never held whole, and `account` says what became of each file, every row counted on the
bytes.
"""
