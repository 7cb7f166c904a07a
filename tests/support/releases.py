"""The factory folders that earlier releases left, kept in tests/upgrades, and one of them made a folder again."""

import hashlib
import json
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Column, MetaData, Table, create_engine, func, insert, select

from aponta.ops.database import migrate, revision_of

HERE = Path(__file__).resolve().parent.parent / "upgrades"
CONFIGURATION = (
    "aponta.toml",
    "machines.csv",
    "products.csv",
    "ideal_cycles.csv",
    "calendar.toml",
    "layouts",
    "landing",
    "truth.json",
)
LEFT = ("lake", "raw", "staging")  # in data/
KEPT = (*CONFIGURATION, *(f"data/{name}" for name in LEFT))
DATABASES = ("ops", "stock")
MODIFIED_AT = 1_772_600_000  # a clone gives files the time at which it was made
GONE = ('INSERT INTO "mounted"', "INSERT INTO mounted")  # which disk a folder lay on: of one computer


def releases() -> list[Path]:
    return sorted(path.parent for path in HERE.glob("*/ops.sql"))


def unpack(kept: Path, folder: Path) -> Path:
    """Makes the factory folder as the release left it; its files have lain there for a while."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        source = kept / Path(name).name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        elif source.is_file():
            shutil.copy2(source, folder / name)
    for path in (folder / "landing").rglob("*"):
        os.utime(path, (MODIFIED_AT, MODIFIED_AT))
    for name in DATABASES:
        database = sqlite3.connect(folder / "data" / f"{name}.db")
        database.executescript((kept / f"{name}.sql").read_text(encoding="utf-8"))
        database.execute("PRAGMA journal_mode = WAL")
        database.close()
    return folder


def on_server(folder: Path, url: str) -> None:
    """Has a server's database hold what the folder's held, at the same revision, and the folder name it."""
    file = create_engine(f"sqlite:///{folder / 'data' / 'ops.db'}")
    server = create_engine(url)
    with file.begin() as source, server.begin() as target:
        migrate(target, revision_of(source) or "")
        tables = MetaData()
        tables.reflect(target)
        for table in tables.sorted_tables:
            if table.name != "alembic_version":
                held = select(Table(table.name, MetaData(), *(Column(one.name, one.type) for one in table.columns)))
                if rows := [dict(row) for row in source.execute(held).mappings()]:
                    target.execute(insert(table), rows)
                for column in table.columns:
                    if "nextval" in str(column.server_default and column.server_default.arg):  # type: ignore[attr-defined]
                        highest = select(func.setval(f"{table.name}_{column.name}_seq", func.max(column)))
                        target.execute(highest)
    for engine in (file, server):
        engine.dispose()
    settings = folder / "aponta.toml"
    text = settings.read_text(encoding="utf-8").replace('url = "data/ops.db"', f'url = "{url}"')
    settings.write_text(text, encoding="utf-8")
    (folder / "data" / "ops.db").unlink()


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """By machine, how many rows there are, and their hash."""
    lines: dict[str, list[str]] = {}
    for row in rows:
        lines.setdefault(str(row.get("machine")), []).append(json.dumps(row, sort_keys=True))
    return {
        machine: {"rows": len(found), "sha256": hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()}
        for machine, found in sorted(lines.items())
    }
