"""Steps of a pass, as a kill or a power cut finds it: before and after each commit of a Delta table, each commit of a
database that wrote something, each file that gets its name.
"""

import json
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from deltalake.table import TableAlterer, TableOptimizer
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect


def undisturbed(work: Callable[..., Any], *given: Any) -> Any:
    """In a child, for threads do not live through a fork. Returns what it gives, through JSON."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as answer:
            json.dump(work(*given), answer, default=str)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        told = answer.read()
    if os.waitpid(child, 0)[1] != 0:
        raise SystemExit(f"a pass that nobody killed failed: {given}")
    return json.loads(told)


def watch(step: Callable[[str], None]) -> None:
    def around(owner: Any, name: str, label: Callable[..., str] = lambda *given, **more: "") -> None:
        inner = getattr(owner, name)

        @wraps(inner)
        def stepped(*given: Any, **more: Any) -> Any:
            where = f"{name} {label(*given, **more)}"
            step(f"before {where}")
            answer = inner(*given, **more)
            step(f"after {where}")
            return answer

        setattr(owner, name, stepped)

    around(DeltaTable, "create_write_transaction", lambda table, *_, **__: Path(table.table_uri).name)
    around(DeltaTable, "create", lambda path, *_, **__: Path(path).name)
    around(TableOptimizer, "compact")
    around(TableAlterer, "add_columns")
    around(Path, "replace", lambda _, to: to.name if len(to.name) < 40 else "raw file")
    wrote: set[int] = set()

    @event.listens_for(Engine, "before_cursor_execute")
    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA", "BEGIN")):
            wrote.add(id(connection.connection.dbapi_connection))

    inner = DefaultDialect.do_commit

    def do_commit(self: DefaultDialect, connection: Any) -> None:
        key = id(connection.dbapi_connection)
        writes = key in wrote
        wrote.discard(key)
        if writes:
            step("before commit")
        inner(self, connection)
        if writes:
            step("after commit")

    DefaultDialect.do_commit = do_commit
