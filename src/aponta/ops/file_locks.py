"""Locks that other programs have on files. Differences of systems stay in this module."""

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
    """Is the file locked by another program? Only tested, never locked, so that we do not block the writer.

    On Windows opening the file has failed already: see `refused_by_lock`.
    """
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        query = struct.pack(LOCK, fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
        if struct.unpack(LOCK, fcntl.fcntl(file, fcntl.F_GETLK, query))[0] != fcntl.F_UNLCK:
            return True
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # this kind cannot be queried: locked for an instant
        fcntl.flock(file, fcntl.LOCK_UN)
    except BlockingIOError:
        return True
    except OSError as error:
        if error.errno not in UNKNOWN:
            raise
    return False


def refused_by_lock(error: OSError) -> bool:
    """Did opening fail because another program has the file open? Windows reports missing rights the same way."""
    with suppress(AttributeError):
        if error.winerror in VIOLATIONS:  # type: ignore[attr-defined]
            return True
    return os.name == "nt" and isinstance(error, PermissionError)
