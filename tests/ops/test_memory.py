import sys

import pytest

from aponta.ops.memory import resident_bytes


@pytest.mark.skipif(sys.platform not in ("linux", "win32"), reason="this system does not say")
def test_what_a_process_has_in_memory_grows_with_it():
    before = resident_bytes()
    held = bytearray(b"x") * 50_000_000
    assert resident_bytes() - before > 0.9 * len(held)
