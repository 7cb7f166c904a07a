"""The published tables kept open for the many small questions of pages, on a connection that opens no other file."""

from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import duckdb

from aponta.errors import TransientError
from aponta.lake.sql.query import Source, locked


class Snapshot:
    def __init__(self, sources: Mapping[str, Source], memory_mb: int = 200) -> None:
        self._connection = locked(sources, memory_mb)
        self._lock = Lock()

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Rows of our own SQL. Raises TransientError `lake.sql_files`: files are gone, open the tables again."""
        with self._lock:
            try:
                found = self._connection.execute(sql, values)
                names = [name for name, *_ in found.description or ()]
                rows = found.fetchall()
            except duckdb.IOException as error:
                raise TransientError("lake.sql_files", message=str(error).partition("\n")[0]) from error
        return [dict(zip(names, map(_moment, row), strict=True)) for row in rows]

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _moment(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
