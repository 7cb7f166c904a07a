"""What somebody does, and sees, in a stock system's own database."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import create_engine, text


def execute(url: str, statements: Iterable[str]) -> None:
    """In one transaction."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """What a query gives."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found
