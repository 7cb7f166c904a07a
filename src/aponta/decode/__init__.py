"""bytes -> typed records, or quarantined rows with a reason. Strict: nothing is guessed, nothing vanishes.

`choose` finds the layout by the file's name, `text` turns bytes into rows, `delimited` rows into columns, `number`
and `time` columns into values; `files` does all of it for a batch, every row accounted against the bytes.
"""

from aponta.decode.files import Incoming, decode

__all__ = ["Incoming", "decode"]
