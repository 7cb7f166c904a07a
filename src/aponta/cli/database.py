"""The operational database, for a command that changes one thing in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from aponta.config import Factory


@contextmanager
def opened(factory: "Factory") -> Iterator["Connection"]:
    """One transaction."""
    from aponta.ops.database import connected, transaction

    with connected(factory.ops_url) as engine, transaction(engine) as connection:
        yield connection
