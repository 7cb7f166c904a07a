"""Memory that a pass frees stays with the process for its next step; and how much memory a process has. Differences of
systems stay in this module.

A batch fills and frees the same amounts again and again; given back to the system each time, a tenth of a long pass
goes into fetching them again, page by page.
"""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # of glibc's mallopt
THRESHOLD_BYTES = 2**30
# Read when Polars is loaded. Its allocator gives memory back while it is idle only by a thread of its own.
POLARS = {"_RJEM_MALLOC_CONF": "background_thread:true,dirty_decay_ms:10000,muzzy_decay_ms:0"}


@contextmanager
def keep_freed_memory() -> Iterator[None]:
    """Freed memory stays with the process until the end, then goes back. On other systems than glibc's: nothing."""
    if sys.platform == "linux":
        for name, setting in POLARS.items():
            os.environ.setdefault(name, setting)
    system: Any = ctypes.CDLL(None) if sys.platform == "linux" else None
    if not hasattr(system, "mallopt"):
        yield
        return
    for option, value in ((M_TRIM_THRESHOLD, THRESHOLD_BYTES), (M_MMAP_THRESHOLD, THRESHOLD_BYTES), (M_TOP_PAD, 2**26)):
        system.mallopt(option, value)
    try:
        yield
    finally:
        system.malloc_trim(0)


def resident_bytes() -> int | None:
    """The memory of this process now; None: the system does not report it."""
    if sys.platform == "linux":
        return int(Path("/proc", "self", "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "win32":
        counters = (ctypes.c_size_t * 9)()  # PROCESS_MEMORY_COUNTERS: two 32-bit numbers, of which its size, then sizes
        size = counters[0] = ctypes.sizeof(counters)
        kernel = ctypes.windll.kernel32
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        kernel.K32GetProcessMemoryInfo.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32)
        return counters[2] if kernel.K32GetProcessMemoryInfo(kernel.GetCurrentProcess(), counters, size) else None
    return None
