"""Memory that a pass frees is kept for its next step. No other module knows one system's allocator from another's.

A batch fills and frees the same amounts again and again; given back to the system each time, a tenth of a long pass
goes into fetching them anew, page by page.
"""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # of glibc's mallopt
KEPT = 2**30
# Read when Polars is loaded. Its allocator gives memory back while it is idle only by a thread of its own.
POLARS = {"_RJEM_MALLOC_CONF": "background_thread:true,dirty_decay_ms:10000,muzzy_decay_ms:0"}


@contextmanager
def kept() -> Iterator[None]:
    """Freed memory stays with the process until the end, then goes back. On other systems than glibc's: nothing."""
    if sys.platform == "linux":
        for name, setting in POLARS.items():
            os.environ.setdefault(name, setting)
    system: Any = ctypes.CDLL(None) if sys.platform == "linux" else None
    if not hasattr(system, "mallopt"):
        yield
        return
    for option, value in ((M_TRIM_THRESHOLD, KEPT), (M_MMAP_THRESHOLD, KEPT), (M_TOP_PAD, 2**26)):
        system.mallopt(option, value)
    try:
        yield
    finally:
        system.malloc_trim(0)
