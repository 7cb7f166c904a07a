"""A sample of bytes that come one after another is that of all of them."""

import pytest

from aponta.decode.sniff import sample_of_bytes, sample_of_chunks
from aponta.decode.sniff.sample import HEAD_BYTES, TAIL_BYTES

LIMIT = HEAD_BYTES + TAIL_BYTES


@pytest.mark.parametrize("size", [0, 10, LIMIT, LIMIT + 1, LIMIT + 2, LIMIT * 2 + 3])
@pytest.mark.parametrize("chunk", [2**20, 999_983, 2**24])
def test_in_chunks_as_whole(size, chunk):
    told = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    assert sample_of_chunks("x", (told[at : at + chunk] for at in range(0, size, chunk))) == sample_of_bytes("x", told)
