"""The context of the pages, for the server and for commands that print the same as a page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from aponta.config import Factory
    from aponta.contract.clock import Clock
    from aponta.show.context import PageContext


@contextmanager
def page_context(read_factory: "Callable[[], Factory]", clock: "Clock") -> "Iterator[PageContext]":
    """read_factory: the configuration as it is now."""
    from aponta.ops.database import connected

    with connected(read_factory().ops_url) as engine:
        yield context_on(engine, read_factory, clock)


def context_on(engine: "Engine", read_factory: "Callable[[], Factory]", clock: "Clock") -> "PageContext":
    """The context on an operational database that is open already."""
    from aponta.show.context import PageContext
    from aponta.usecases.correct.hour_board import HourBoard
    from aponta.usecases.inbox import InboxFolder
    from aponta.usecases.read.published import Published
    from aponta.usecases.stock.control import FactoryStockControl

    return PageContext(
        read_factory,
        engine,
        Published(read_factory()),
        clock,
        FactoryStockControl(read_factory, engine, clock),
        HourBoard(engine, read_factory, clock),
        InboxFolder(read_factory, engine),
    )
