"""What pages read from, also for commands that tell the same."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aponta.config import Factory
    from aponta.contract.clock import Clock
    from aponta.show.context import Desk


@contextmanager
def desk_of(read: "Callable[[], Factory]", clock: "Clock") -> "Iterator[Desk]":
    """read: the configuration as it is now."""
    from aponta.ops.database import connected
    from aponta.show.context import Desk
    from aponta.usecases.correct.hour_board import Board
    from aponta.usecases.read.published import Published
    from aponta.usecases.stock.control import Stockroom

    found = read()
    with connected(found.ops_url) as engine:
        stock, hours = Stockroom(read, engine, clock), Board(engine, read, clock)
        yield Desk(read, engine, Published(found), clock, stock, hours)
