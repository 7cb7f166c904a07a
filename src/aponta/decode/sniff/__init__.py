"""samples of a machine's files -> the layout that reads them, each guess with what speaks for it. What nothing tells is
not guessed: the answer says which sample would settle it.

One module a question: `encoding`, `form` (which marks), `fixed`, `rows` (which are records), `lines` (what the others
are), `trailer`, `numbers`, `times`, `order` (of day and month), `stamp`, `codes`, `roles`, `machine`, `name`, `hour`,
`units`; `found` asks them all, `proof` decodes the samples with the answer, `toml` writes it, `drift` holds a file
against the layout that no longer reads it.
"""

from aponta.decode.sniff.proposal import Proposal, propose_layout
from aponta.decode.sniff.sample import Sample, read_sample, sample_of_bytes, sample_of_chunks

__all__ = ["Proposal", "Sample", "propose_layout", "read_sample", "sample_of_bytes", "sample_of_chunks"]
