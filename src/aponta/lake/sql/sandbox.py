"""Runs work in a child process with a time and a memory limit.

The engine's own limits are requests. Within one call of one function (a huge list sorted, a text doubled thirty times)
DuckDB looks neither at an interrupt nor at its memory limit: so the process is ended from outside.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from aponta.errors import ApontaError, ContractError, TransientError

T = TypeVar("T")
HEADROOM_MB = 1024  # addresses that Python, the engine's code and its threads reserve before any data
ORPHAN_S = 5.0  # after its seconds, a child whose parent was killed ends by itself


def run_in_process(work: Callable[..., Iterable[T]], *args: object, seconds: float, memory_mb: int) -> Iterator[T]:
    """Yields what `work(*args)` yields in a process of its own. `work` is a module's function; all can be pickled.

    Raises the ApontaErrors that `work` raises; TransientError lake.sql_too_long after `seconds`; ContractError
    lake.sql_too_big when its memory passed the wall (where the system has such walls: not on Windows).
    """
    deadline = time.monotonic() + seconds
    context = get_context("spawn")  # a fork would copy the locks of this process's threads
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(sender, work, args, seconds, memory_mb), daemon=True)
    process.start()
    sender.close()
    try:
        while receiver.poll(max(0.0, deadline - time.monotonic())):
            ended, error, value = receiver.recv()
            if error:
                kind, code, facts = error
                raise kind(code, **facts)
            if ended:
                return
            yield value
        raise TransientError("lake.sql_too_long", seconds=seconds)
    except EOFError:
        process.join()
        if process.exitcode == 1:
            raise RuntimeError("the process apart failed; its traceback is on stderr") from None
        raise ContractError("lake.sql_too_big", memory_mb=memory_mb) from None
    finally:
        process.kill()
        process.join()
        process.close()
        receiver.close()


def _serve(
    sender: Connection, work: Callable[..., Iterable[Any]], args: tuple[object, ...], seconds: float, memory_mb: int
) -> None:
    orphan = threading.Timer(seconds + ORPHAN_S, os._exit, [0])
    orphan.daemon = True
    orphan.start()
    if sys.platform != "win32":
        import resource

        wall = (memory_mb + HEADROOM_MB) * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (wall, wall))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    error = None
    try:
        for value in work(*args):
            sender.send((False, None, value))
    except ApontaError as raised:
        error = (type(raised), raised.code, raised.facts)
    except MemoryError:
        error = (ContractError, "lake.sql_too_big", {"memory_mb": memory_mb})
    sender.send((True, error, None))
