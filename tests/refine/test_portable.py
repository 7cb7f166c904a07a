"""refine/ keeps to the subset that every engine computes alike, and names no engine."""

import ast
from pathlib import Path

import pytest

import aponta.refine

FOLDER = Path(aponta.refine.__file__).parent
MODULES = sorted(FOLDER.rglob("*.py"))
ENGINES = {"polars", "duckdb", "deltalake", "pyspark", "pandas", "pyarrow"}
BANNED = {
    "join_asof",
    "unpivot",
    "dt",
    "map_batches",
    "ewm_mean",
    "to_native",
    "collect",
    "implementation",
    "sort",
    "head",
    "tail",
}
ORDERED = {
    "shift",
    "diff",
    "cum_sum",
    "cum_count",
    "cum_max",
    "cum_min",
    "rank",
    "rolling_mean",
    "rolling_sum",
    "rolling_std",
    "fill_null_forward",
}


def faults(source: str) -> list[str]:
    """What of a module's source is outside of the portable subset."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            found += [f"imports {name}" for name in names if name.partition(".")[0] in ENGINES]
        if isinstance(node, ast.Attribute) and node.attr in BANNED:
            found.append(node.attr)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            called = {part.attr for part in ast.walk(node.func.value) if isinstance(part, ast.Attribute)}
            if node.func.attr == "over" and called & ORDERED and "order_by" not in given:
                found.append("over() without order_by")
            if node.func.attr in ORDERED and not _windowed(node, source):
                found.append(f"{node.func.attr}() outside of over()")
            if node.func.attr == "unique" and given and not isinstance(given.get("order_by"), ast.List | ast.Name):
                found.append("unique() without a list of order_by")
    return found


def _windowed(call: ast.Call, source: str) -> bool:
    """Is the call the object of an `.over(...)`?"""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "over"
        and any(_same(part, call) for part in ast.walk(node.value))
        for node in ast.walk(ast.parse(source))
    )


def _same(one: ast.AST, other: ast.Call) -> bool:
    return isinstance(one, ast.Call) and (one.lineno, one.col_offset, one.end_col_offset) == (
        other.lineno,
        other.col_offset,
        other.end_col_offset,
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_only_the_portable_subset(path):
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import polars as pl",
        "from duckdb import sql",
        "frame.join_asof(other)",
        "nw.col('a').dt.total_seconds()",
        "nw.col('a').shift(1).over('m')",
        "(nw.col('a').cum_sum() + 1).over('m')",
        "nw.col('a').shift(1)",
        "frame.unique(subset=['a'], keep='first')",
        "frame.unique(subset=['a'], keep='first', order_by='b')",
    ],
)
def test_what_is_not_portable_is_found(source):
    assert faults(source)


def test_what_is_portable_passes():
    assert (
        faults("frame.unique().with_columns(nw.col('a').shift(1).over('m', order_by=['t']), nw.max('b').over('m'))")
        == []
    )
