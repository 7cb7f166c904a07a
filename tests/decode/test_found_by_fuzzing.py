"""What `python -m benchmarks.fuzz` has found: each raised once. (`decoded` counts every row on the bytes.)"""

import pytest

from aponta.contract.layout import Layout
from aponta.decode.sniff import propose_layout, sample_of_bytes

SNIFFED = {
    "a time, and nothing behind it": b"26-01-05T07:00:01Z\n",
    "times alone, of SHDR": b"2026-01-05T07:00:01Z\n2026-01-05T07:00:02Z\n2026-01-05T07:00:03Z|C|2\n",
}
PAIRS = {
    "name": "made",
    "version": 1,
    "files": r"(?P<machine>M\d\d)_.*\.txt",
    "text": {"form": "pairs", "encoding": "cp850"},
    "fields": {"machine": {"from": "name:machine"}, "produced_at": {"key": "T", "format": "epoch_ms"}},
}
WITHOUT_A_PAIR = b'N;T;P\n1;05/01/2026 07:00:01.5;"a;""b"\n 2;12.5;[x;y]\n'


@pytest.mark.parametrize("data", SNIFFED.values(), ids=SNIFFED)
def test_sniff_answers(data):
    found = propose_layout([sample_of_bytes("M01_20260105_07.txt", data)], zone="America/Sao_Paulo")
    assert (found.layout is None) == (found.problem is not None)


def test_a_file_of_pairs_in_which_no_row_has_a_pair(decoded):
    found = decoded(WITHOUT_A_PAIR, Layout.model_validate(PAIRS))
    assert [reason[:2] for reason in found.reasons] == [(1, "columns"), (2, "columns"), (3, "columns")]
