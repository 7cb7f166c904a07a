"""The context of the pages, for commands that print the same as a page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aponta.config import Factory
    from aponta.contract.clock import Clock
    from aponta.show.context import PageContext


@contextmanager
def page_context(read: "Callable[[], Factory]", clock: "Clock") -> "Iterator[PageContext]":
    """read: the configuration as it is now."""
    from aponta.ops.database import connected
    from aponta.show.context import PageContext
    from aponta.usecases.correct.hour_board import HourBoard
    from aponta.usecases.read.published import Published
    from aponta.usecases.stock.control import FactoryStockControl

    factory = read()
    with connected(factory.ops_url) as engine:
        stock, hours = FactoryStockControl(read, engine, clock), HourBoard(engine, read, clock)
        yield PageContext(read, engine, Published(factory), clock, stock, hours)
