"""Is a file held by another program? No other module knows one system's locks on files from another's."""

import errno
import os
import struct
import sys
from contextlib import suppress
from typing import BinaryIO

LOCK = "hhqqi0q"  # Linux's struct flock: type, whence, start, length, process
UNKNOWN = {errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS, errno.EBADF}  # this disk keeps no locks
VIOLATIONS = (32, 33)  # Windows: another program has opened it for itself, or a part of it


def is_locked(file: BinaryIO) -> bool:
    """Does another program keep it locked? It is asked, not locked: who writes must not meet us.

    On Windows opening it has failed already: see `refused_by_lock`.
    """
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        asked = struct.pack(LOCK, fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
        if struct.unpack(LOCK, fcntl.fcntl(file, fcntl.F_GETLK, asked))[0] != fcntl.F_UNLCK:
            return True
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # of this kind none can be asked for: a moment's
        fcntl.flock(file, fcntl.LOCK_UN)
    except BlockingIOError:
        return True
    except OSError as error:
        if error.errno not in UNKNOWN:
            raise
    return False


def refused_by_lock(error: OSError) -> bool:
    """Could it not be opened because another program has it? Windows says the same of a file without rights."""
    with suppress(AttributeError):
        if error.winerror in VIOLATIONS:  # type: ignore[attr-defined]
            return True
    return os.name == "nt" and isinstance(error, PermissionError)
