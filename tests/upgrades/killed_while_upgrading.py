"""Run by test_upgrades.py. For n = 1, 2, ...: a child upgrades a folder and is killed (SIGKILL) at its n-th step;
another upgrades it again. Prints a line of JSON for each n, until a child lives to the end.

Two tables of the lake gain columns, whatever this release adds.
"""

import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from deltalake import DeltaTable
from releases import unpack
from steps import undisturbed, watch

from aponta.config import load
from aponta.contract.table import Column, Table
from aponta.pipeline.report import PassOptions
from aponta.pipeline.run import run_pass
from aponta.refine.tables import all_tables

GAIN = ("gold.production", "kpi.oee")
GAINED = (Column("note", "string", "", null=True), Column("weight", "long", "", default=1))


def of_next_release(sensors: Sequence[str]) -> list[Table]:
    return [replace(one, columns=(*one.columns, *GAINED)) if one.name in GAIN else one for one in all_tables(sensors)]


def upgraded(folder: Path) -> dict[str, Any]:
    """A pass of no step upgrades the folder and does no more. Returns all there is then."""
    factory = load(folder)
    with patch("aponta.pipeline.upgrade.all_tables", of_next_release):
        run_pass(factory, PassOptions(steps=()))
    tables = json.loads((factory.lake_folder / "published.json").read_text())["tables"]
    return {
        "ops": dump(factory.data / "ops.db"),
        "copies": sorted({tuple(dump(copy)) for copy in (factory.data / "backups").iterdir()}),
        "named": {name: table["columns"] for name, table in tables.items()},
        "stored": {name: stored(factory.lake_folder.joinpath(*name.split("."))) for name in tables},
    }


def dump(database: Path) -> list[str]:
    """Sorted: Alembic makes the indexes of a table that is copied in any order."""
    with closing(sqlite3.connect(database)) as connection:
        return sorted(connection.iterdump())


def stored(table: Path) -> list[str]:
    return sorted(field.name for field in DeltaTable(str(table)).schema().fields)


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


def main(kept: Path, scratch: Path) -> None:
    ready = unpack(kept, scratch / "ready")
    expected = undisturbed(upgraded, shutil.copytree(ready, scratch / "undisturbed"))
    where: str | None = ""
    n = 0
    while where is not None:
        n += 1
        here = shutil.copytree(ready, scratch / str(n))
        where = killed(here, n)
        found = undisturbed(upgraded, here)
        differs = [name for name in expected if found[name] != expected[name]]
        sys.stdout.write(json.dumps({"killed": where, "differs": differs}) + "\n")
        sys.stdout.flush()
        shutil.rmtree(here)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
