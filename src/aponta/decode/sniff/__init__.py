"""Samples of a machine's files -> the layout that reads them, each guess with its evidence. Without evidence nothing is
guessed: the answer names the sample that would decide.

sample      the bytes of a sample, of a huge file its beginning and its end
text/       encoding, form, rows, header, trailer, the records as a table
values/     numbers, times, units and names of columns
names/      machine and hour in the names of files and folders
columns/    which column is the time, the counter, the product ... or a sensor
agreement   guesses that all samples share
reading     samples -> rows and columns
fields      columns -> fields and sensors
proposal    all of it in order, and the layout
proof       the samples decoded with that layout
toml        the layout as a file, each line with its evidence
drift/      a file against the layout that no longer reads it
"""

from aponta.decode.sniff.proposal import Proposal, propose_layout
from aponta.decode.sniff.sample import Sample, read_sample, sample_of_bytes, sample_of_chunks

__all__ = ["Proposal", "Sample", "propose_layout", "read_sample", "sample_of_bytes", "sample_of_chunks"]
