"""The pages of a small factory, asked as a browser asks, without a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from fastapi.testclient import TestClient

import factory as small
from aponta.config import Factory
from aponta.ops.database import connect
from aponta.pipeline.reading import Published
from aponta.show.desk import Desk
from aponta.show.guard import Door
from aponta.show.site import site

LAN = Door("192.0.2.7", names=("panel.example",))
RESTART = "aponta up -C shop"


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = small.WEEK_LATER) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def opened(factory: Factory, clock: Clock | None = None) -> Iterator[Desk]:
    """What the pages read from."""
    engine = connect(factory.ops_url)
    try:
        yield Desk(lambda: factory, engine, Published(factory), clock or Clock())
    finally:
        engine.dispose()


def browser(desk: Desk, door: Door | None = None, restart: str | None = None, scheme: str = "http") -> TestClient:
    """From this computer, or through a door; each has its own server process, so to say."""
    host = door.host if door else "127.0.0.1"
    return TestClient(site(desk, door, restart), base_url=f"{scheme}://{host}", follow_redirects=False)
