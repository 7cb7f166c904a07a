"""The pages of a small factory, asked as a browser asks, without a server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import factory as small
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from aponta.cli.page_context import context_on
from aponta.config import Factory, load
from aponta.ops.database import connect
from aponta.show.access.guard import Address
from aponta.show.context import PageContext
from aponta.show.site import site

LAN = Address("192.0.2.7", names=("panel.example",))
RESTART = "aponta up -C shop"


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = small.WEEK_LATER) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def page_context_of(factory: Factory, engine: Engine, clock: Callable[[], datetime]) -> PageContext:
    """As `aponta serve` makes it."""

    def read() -> Factory:
        return load(factory.folder)

    return context_on(engine, read, clock)


@contextmanager
def opened(factory: Factory, clock: Clock | None = None) -> Iterator[PageContext]:
    """What the pages read from."""
    engine = connect(factory.ops_url)
    try:
        yield page_context_of(factory, engine, clock or Clock())
    finally:
        engine.dispose()


def browser(
    context: PageContext, address: Address | None = None, restart: str | None = None, scheme: str = "http"
) -> TestClient:
    """From this computer, or through an address beyond it; each has its own server process, so to say."""
    host = address.host if address else "127.0.0.1"
    return TestClient(site(context, address, restart), base_url=f"{scheme}://{host}", follow_redirects=False)
