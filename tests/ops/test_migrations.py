"""Each migration, from the schema before it: rows keep what they hold."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, Table, create_engine, insert, select, text

from aponta.ops.database import migrate, transaction

WHEN = "2026-03-02 10:00:00"
FIRST: dict[str, list[dict[str, Any]]] = {
    "arrival": [
        {"sha256": "a" * 64, "name": "a.txt", "folder": "", "source": "landing", "size": 3}
        | {"modified_at": WHEN, "received_at": WHEN, "batch": batch, "status": status, "again": again, "anew": anew}
        | {"id": number}
        for number, batch, status, again, anew in (
            (1, 1, "new", False, False),
            (2, 1, "retried", True, False),
            (9, None, None, True, True),
        )
    ],
    "machine_hour": [
        {"machine": "M01", "hour": WHEN, "items": 5, "made": True, "covered": False, "held": False, "compare": True}
    ],
    "file_hour": [
        {"sha256": "a" * 64, "machine": "M01", "hour": WHEN, "records": 5, "states": 0, "speaks": True},
        {"sha256": "b" * 64, "machine": "M01", "hour": WHEN, "records": 1, "states": 0, "speaks": False},
    ],
    "outbox": [
        {"destination": "main", "key": "k", "machine": "M01", "product": "P", "stock_code": "P", "hour": WHEN}
        | {"quality": "good", "revision": 1, "pieces": 5, "quantity": "5.000000", "unit": "pc", "location": "x"}
        | {"booked_on": "2026-03-02", "state": "unknown", "created_at": WHEN, "changed_at": WHEN}
        | {"tries": 2, "imaged": True}
    ],
    "destination": [{"name": "main", "failures": 0, "rests_on": "c" * 64}],
    "discrepancy": [
        {"id": 1, "destination": "main", "key": "k", "kind": "missing", "hour": WHEN, "found_at": WHEN}
        | {"said": '{"quantity": "5"}', "there": "null"}
    ],
    "premises": [{"machine": "M01", "revision": 3, "content": "{}", "causes": "[]"}],
}


@pytest.fixture(params=["sqlite", "postgresql"])
def first(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at the first revision, with rows."""
    url = f"sqlite:///{tmp_path / 'ops.db'}"
    engine = create_engine(request.getfixturevalue("postgres_database") if request.param == "postgresql" else url)
    with transaction(engine) as connection:
        migrate(connection, "0001")
        for table, rows in FIRST.items():
            columns = list(rows[0])
            marks = ", ".join(f":{name}" for name in columns)
            names = ", ".join(f'"{name}"' for name in columns)
            connection.execute(text(f'INSERT INTO "{table}" ({names}) VALUES ({marks})'), rows)
    yield engine
    engine.dispose()


def test_the_second_renames_and_keeps_every_row(first: Engine) -> None:
    with transaction(first) as connection:
        migrate(connection, "0002")

    def rows(table: str, *columns: str) -> list[tuple[Any, ...]]:
        found = Table(table, MetaData(), autoload_with=connection)
        wanted = [found.c[name] for name in columns]
        return [tuple(row) for row in connection.execute(select(*wanted).order_by(*found.primary_key))]

    with transaction(first) as connection:
        assert rows("arrival", "id", "batch", "status", "redecode") == [
            (1, 1, "new", "no"),
            (2, 1, "retried", "if_more"),
            (9, None, None, "always"),
        ]
        assert rows("machine_hour", "items", "had_items", "covered", "stock_pending") == [(5, True, False, True)]
        assert rows("file_hour", "records", "covers") == [(5, True), (1, False)]
        assert rows("outbox", "key", "attempts", "shown_in_lake") == [("k", 2, True)]
        assert rows("destination", "name", "closing_rules") == [("main", "c" * 64)]
        assert rows("discrepancy", "declared", "in_stock") == [('{"quantity": "5"}', "null")]
        assert rows("machine_inputs", "machine", "revision", "content") == [("M01", 3, "{}")]


def test_what_comes_after_it_is_numbered_on(first: Engine) -> None:
    """The table of arrivals is copied on SQLite: a number is never given twice."""
    with transaction(first) as connection:
        migrate(connection)
        if first.dialect.name == "postgresql":
            connection.execute(text("SELECT setval('arrival_id_seq', 9)"))
        found = Table("arrival", MetaData(), autoload_with=connection)
        row = {"sha256": "d" * 64, "name": "d", "folder": "", "source": "landing", "size": 1}
        number = connection.execute(
            insert(found).values(row | {"modified_at": datetime(2026, 3, 3), "received_at": datetime(2026, 3, 3)})
        )
        assert number.inserted_primary_key == (10,)
        assert connection.execute(select(found.c.redecode).where(found.c.id == 10)).scalar() == "no"
