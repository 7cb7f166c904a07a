import sys
from mmap import mmap

import pytest

from aponta.ops.memory import resident_bytes


@pytest.mark.skipif(sys.platform not in ("linux", "win32"), reason="this system does not say")
def test_what_a_process_has_in_memory_grows_with_it():
    before = resident_bytes()
    with mmap(-1, 50_000_000) as held:  # of the system: what the process freed before is not taken again
        held.write(b"x" * len(held))
        assert resident_bytes() - before > 0.9 * len(held)
