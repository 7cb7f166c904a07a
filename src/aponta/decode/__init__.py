"""bytes -> typed records, or quarantined rows with a reason. Strict: nothing is guessed, nothing is lost.

choose      the layout of a file, by its name
text        bytes -> text
rows/       text -> rows: which are records, headers, trailers; how records follow each other
forms/      a row -> the texts of its values, one module a form
values/     texts -> numbers and times
records     the rows of several files -> typed items and states
clock       times rebuilt from cycles, where the machine's clock is broken
checksum    checksums over a file's bytes
account     the result of each file: every row counted against the bytes
files       all of this for a batch of files
large/      the same for a file that does not fit into memory
sniff/      sample files -> the layout that reads them
"""
