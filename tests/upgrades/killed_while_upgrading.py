"""Run by test_upgrades.py. For n = FIRST, FIRST + STRIDE, ...: a child upgrades a folder and is killed (SIGKILL) at its
n-th step; another upgrades it again. Prints a line of JSON for each n, until a child lives to the end.

Steps are: each statement that changes the database, before and after its commit; each file that gets its name; each
commit of a Delta table. Two tables of the lake gain a column, whatever this release adds.
"""

import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any
from unittest.mock import patch

from deltalake import DeltaTable
from deltalake.table import TableAlterer
from releases import unpack
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from aponta.config import load
from aponta.contract.table import Column, Table
from aponta.pipeline.run import run_pass
from aponta.refine.tables import all_tables

GAIN = ("gold.production", "kpi.oee")
GAINED = (Column("note", "string", "", null=True), Column("weight", "long", "", default=1))


def of_next_release(sensors: Any) -> list[Table]:
    return [replace(one, columns=(*one.columns, *GAINED)) if one.name in GAIN else one for one in all_tables(sensors)]


def upgraded(folder: Path) -> dict[str, Any]:
    """A pass of no step: it upgrades the folder and no more. Returns all there is then."""
    factory = load(folder)
    with patch("aponta.pipeline.upgrade.all_tables", of_next_release):
        run_pass(factory, steps=())
    with closing(sqlite3.connect(factory.data / "ops.db")) as database:
        ops = sorted(database.iterdump())  # Alembic makes the indexes of a table that is copied in any order
    copies = []
    for copy in sorted((factory.data / "backups").iterdir()):
        with closing(sqlite3.connect(copy)) as database:
            copies.append(
                [
                    *database.execute("SELECT version_num FROM alembic_version").fetchone(),
                    *database.execute("PRAGMA integrity_check").fetchone(),
                ]
            )
    tables = json.loads((factory.lake_folder / "published.json").read_text())["tables"]
    stored = {
        name: sorted(
            field.name for field in DeltaTable(str(factory.lake_folder.joinpath(*name.split(".")))).schema().fields
        )
        for name in tables
    }
    return {
        "ops": ops,
        "copies": [list(each) for each in {tuple(copy) for copy in copies}],
        "named": {name: table["columns"] for name, table in tables.items()},
        "stored": stored,
    }


def in_child(work: Callable[..., Any], *given: Any) -> Any:
    """What it returns, through JSON; threads do not live through a fork."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as answer:
            json.dump(work(*given), answer)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    if os.waitpid(child, 0)[1] != 0:
        raise SystemExit(f"an upgrade that nobody killed failed: {given}")
    return json.loads(text)


def killed(folder: Path, n: int) -> str | None:
    """Upgrades the folder, to be killed at the n-th step. Returns at which, or None when there are not so many."""
    mark = folder / "died"
    child = os.fork()
    if child == 0:
        left = iter(range(n - 1))

        def step(where: str) -> None:
            if next(left, None) is None:
                mark.write_text(where)
                os.kill(os.getpid(), signal.SIGKILL)

        watch(step)
        upgraded(folder)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status == 0:
        return None
    if os.WTERMSIG(status) != signal.SIGKILL:
        raise SystemExit(f"the upgrade failed by itself before step {n}")
    return mark.read_text()


def watch(step: Callable[[str], None]) -> None:
    def around(owner: Any, name: str, label: Callable[..., str]) -> None:
        inner = getattr(owner, name)

        @wraps(inner)
        def stepped(*given: Any, **more: Any) -> Any:
            step(f"before {name} {label(*given)}")
            answer = inner(*given, **more)
            step(f"after {name} {label(*given)}")
            return answer

        setattr(owner, name, stepped)

    around(TableAlterer, "add_columns", lambda *_: "")
    around(Path, "replace", lambda _, to: to.name)
    around(DefaultDialect, "do_commit", lambda *_: "")

    @event.listens_for(Engine, "before_cursor_execute")
    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA", "BEGIN")):
            step(f"before {' '.join(statement.split())[:60]}")


def main(kept: Path, scratch: Path, first: int, stride: int) -> None:
    ready = unpack(kept, scratch / "ready")
    expected = in_child(upgraded, shutil.copytree(ready, scratch / "undisturbed"))
    for n in range(first, 1000, stride):
        here = shutil.copytree(ready, scratch / str(n))
        where = killed(here, n)
        found = in_child(upgraded, here)
        differs = [name for name in expected if found[name] != expected[name]]
        sys.stdout.write(json.dumps({"n": n, "killed": where, "differs": differs}) + "\n")
        sys.stdout.flush()
        if where is None:
            return
        shutil.rmtree(here)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
