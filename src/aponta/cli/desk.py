"""What pages read from, also for commands that tell the same."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aponta.config import Factory
    from aponta.contract.clock import Clock
    from aponta.show.desk import Desk


@contextmanager
def desk_of(read: "Callable[[], Factory]", clock: "Clock") -> "Iterator[Desk]":
    """read: the configuration as it is now."""
    from aponta.ops.database import connect
    from aponta.pipeline.board import Board
    from aponta.pipeline.reading import Published
    from aponta.pipeline.stockroom import Stockroom
    from aponta.show.desk import Desk

    found = read()
    engine = connect(found.ops_url)
    try:
        stock, hours = Stockroom(read, engine, clock), Board(engine, read, clock)
        yield Desk(read, engine, Published(found), clock, stock, hours)
    finally:
        engine.dispose()
