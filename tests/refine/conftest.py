"""Literal rows in, literal rows out, on every engine: what differs between engines fails here."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from aponta.contract.lake import Frame
from aponta.contract.table import Kind, Table
from aponta.lake.open import open_lake
from aponta.refine import sequence

POLARS = {
    "string": pl.String,
    "long": pl.Int64,
    "integer": pl.Int64,
    "double": pl.Float64,
    "boolean": pl.Boolean,
    "timestamp": pl.Int64,
    "date": pl.String,
}
HOUR = 3_600_000_000
ITEM: dict[str, Kind] = {
    "machine": "string",
    "block": "long",
    "restart_below": "long",
    "rollover": "long",
    "produced_at": "long",
    "hour": "long",
    "counter": "long",
    "product": "string",
    "cycle_s": "double",
    "identity": "long",
    "nth": "long",
    "cycles": "long",
    "unsteady": "long",
}


@dataclass(frozen=True)
class Engine:
    name: str
    rows: Callable[[Mapping[str, Kind], Iterable[Sequence[Any]]], Frame]
    fetch: Callable[[Frame], list[dict[str, Any]]]
    materialize: Callable[[Frame], Frame]  # computed once

    def table(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> Frame:
        """Rows of a table; columns left out are empty."""
        kinds = {column.name: column.kind for column in table.columns}
        return self.rows(kinds, [[row.get(name) for name in kinds] for row in rows])

    def collect(self, frame: Frame, *columns: str) -> list[tuple[Any, ...]]:
        """The rows, sorted: order is no part of a frame."""
        rows = [tuple(row[name] for name in columns or row) for row in self.fetch(frame)]
        return sorted(rows, key=lambda row: [(value is not None, value) for value in row])


def _polars_rows(kinds: Mapping[str, Kind], rows: Iterable[Sequence[Any]]) -> Frame:
    frame = pl.DataFrame(list(rows), schema={name: POLARS[kind] for name, kind in kinds.items()}, orient="row")
    return nw.from_native(frame.lazy())


@pytest.fixture(params=["duckdb", "polars"])
def engine(request, tmp_path):
    if request.param == "polars":
        return Engine("polars", _polars_rows, lambda frame: frame.to_native().collect().to_dicts(), lambda frame: frame)
    lake = open_lake(tmp_path / "lake")
    return Engine("duckdb", lake.rows, lake.collect, lake.materialize)


@pytest.fixture
def ordered(engine):
    """Items of M1 as (produced_at, counter, product, cycle_s) in order, between edges as (at, product, cycle_us)."""

    def build(made, left=None, right=None, restart_below=None, then=None, rollover=None):
        rows = [
            (
                "M1",
                0,
                restart_below,
                rollover,
                at,
                at - at % HOUR,
                counter,
                product,
                cycle_s,
                at if counter is None else counter,
                1,
                1,
                2,
            )
            for at, counter, product, cycle_s in made
        ]
        first, last = rows[0][5], rows[-1][5]
        left, right = left or (first, None, None), right or (last + HOUR, None, 0)
        edges = [
            (
                "M1",
                0,
                at,
                min(at - at % HOUR, last) if side == 1 and product is None else at - at % HOUR,
                product,
                cycle,
                1,
                side,
            )
            for (at, product, cycle), side in ((left, -1), (right, 1))
        ]
        if then is not None:  # the product that the right edge's moment goes on to
            edges.append((*edges[1][:4], then, 0, 1, 2))
        return sequence.sequence(engine.rows(ITEM, rows), engine.rows(sequence.EDGE, edges))

    return build
