"""A landing folder, a raw zone and a ledger: all that collect needs."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from aponta.collect.landing import CollectResult, collect
from aponta.collect.raw import RawZone
from aponta.collect.sources.folder import After, FolderSource
from aponta.contract.clock import system_clock
from aponta.contract.source import Source
from aponta.ops.database import transaction
from aponta.ops.tables import arrival

HOUR = 1_767_607_200  # seconds since 1970: long before any clock of today


class Intake:
    """A landing folder, a raw zone and a ledger."""

    def __init__(self, folder: Path, engine: Engine, after: After = "leave") -> None:
        self.landing = folder / "landing"
        self.landing.mkdir(exist_ok=True)
        self.raw = RawZone(folder / "raw")
        self.engine = engine
        self.source = FolderSource(self.landing, after, "landing")

    def put(self, name: str, data: bytes = b"rows\r\n", at: float = HOUR) -> Path:
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (at, at))
        return path

    def collect(self, *sources: Source, stable_seconds: float = 5, **options: Any) -> CollectResult:
        return collect(sources or [self.source], self.raw, self.engine, system_clock, stable_seconds, **options)

    def arrivals(self) -> list[dict[str, Any]]:
        with transaction(self.engine) as connection:
            return [dict(row) for row in connection.execute(select(arrival).order_by(arrival.c.id)).mappings()]

    def names(self) -> list[str]:
        return [str(row["name"]) for row in self.arrivals()]
