"""The pages of a factory, asked as a browser asks, on this computer."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime

import pytest
from fastapi.testclient import TestClient

import factory as small
from aponta.config import Factory, load
from aponta.ops.database import connect
from aponta.pipeline.board import Board
from aponta.pipeline.reading import Published
from aponta.show.desk import Desk
from aponta.show.site import site

Browse = Callable[..., TestClient]


@pytest.fixture
def browse() -> Iterator[Browse]:
    """browse(factory, now) -> a client of its pages at that time."""
    with ExitStack() as open_ones:

        def of(factory: Factory, now: datetime = small.WEEK_LATER) -> TestClient:
            engine = connect(factory.ops_url)
            open_ones.callback(engine.dispose)

            def read() -> Factory:
                return load(factory.folder)

            board = Board(engine, read, lambda: now)
            desk = Desk(read, engine, Published(factory), lambda: now, board)
            return open_ones.enter_context(TestClient(site(desk), base_url="http://127.0.0.1"))

        yield of
