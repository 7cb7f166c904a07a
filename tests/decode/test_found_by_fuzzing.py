"""What `python -m benchmarks.fuzz` has found: each raised once."""

import pytest

from aponta.decode.sniff import sample, sniff

BYTES = {
    "a time, and nothing behind it": b"26-01-05T07:00:01Z\n",
    "times alone, of SHDR": b"2026-01-05T07:00:01Z\n2026-01-05T07:00:02Z\n2026-01-05T07:00:03Z|C|2\n",
}


@pytest.mark.parametrize("data", BYTES.values(), ids=BYTES)
def test_sniff_answers(data):
    found = sniff([sample("M01_20260105_07.txt", data)], zone="America/Sao_Paulo")
    assert (found.layout is None) == (found.refused is not None)
