"""The strict gate before every write: a value fits its column exactly, or nothing is written.

delta-rs stores 7.5 as 7 in a long column and takes a time without zone (which lifts the table to reader version 3):
both are stopped here.
"""

from datetime import date

from duckdb import DuckDBPyRelation

from aponta.contract.table import Kind, Table
from aponta.errors import ContractError

SQL_TYPE: dict[Kind, str] = {
    "string": "VARCHAR",
    "long": "BIGINT",
    "integer": "INTEGER",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMPTZ",
    "date": "DATE",
}
WHOLE = {
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
}
NARROWER = {"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"}  # any of them fits a long
ACCEPTED: dict[Kind, set[str]] = {
    "string": {"VARCHAR", "ENUM"},
    "long": WHOLE | {"DOUBLE", "FLOAT", "DECIMAL"},  # from these only when nothing is lost
    "integer": WHOLE | {"DOUBLE", "FLOAT", "DECIMAL"},
    "double": WHOLE | {"DOUBLE", "FLOAT", "DECIMAL"},
    "boolean": {"BOOLEAN"},
    "timestamp": WHOLE | {"TIMESTAMP WITH TIME ZONE"},  # integers are microseconds since 1970, UTC
    "date": {"DATE", "VARCHAR", "ENUM"},
}


def cast(frame: DuckDBPyRelation, table: Table) -> DuckDBPyRelation:
    """The frame's columns as the table declares them, every value checked.

    Raises ContractError: a column missing or not declared, a kind that does not fit, a value that would change, an
    empty value in a column that may not be.
    """
    kinds = dict(zip(frame.columns, (str(kind).split("(")[0] for kind in frame.types), strict=True))
    declared = {column.name: column for column in table.columns}
    if set(kinds) != set(declared):
        odd = sorted(set(kinds) ^ set(declared))
        raise ContractError("lake.columns_differ", table=table.name, columns=", ".join(odd))
    tests: dict[str, str] = {}
    casts = []
    for name, column in declared.items():
        kind, sql_type = kinds[name], SQL_TYPE[column.kind]
        only_null = kind == '"NULL"'
        if not only_null and kind not in ACCEPTED[column.kind]:
            raise ContractError("lake.kind_differs", table=table.name, column=name, found=kind, expected=column.kind)
        value = f'"{name}"'
        if column.kind == "timestamp" and kind in WHOLE:
            casts.append(f"make_timestamptz(CAST({value} AS BIGINT)) AS {value}")
        elif column.kind == "date" and (days := _days(frame, name)):  # few texts: each is read once
            listed = " ".join(f"WHEN '{day}' THEN DATE '{day}'" for day in days)
            casts.append(f"CASE {value} {listed} END AS {value}")
        else:
            same = kind == sql_type or kind == "ENUM" and column.kind == "string"
            casts.append(value if same else f"TRY_CAST({value} AS {sql_type}) AS {value}")
            if not same and column.kind != "timestamp" and not (column.kind == "long" and kind in NARROWER):
                changed = f"TRY_CAST({value} AS {sql_type}) IS NULL"
                if column.kind in ("long", "integer") and kind not in WHOLE:
                    changed += f" OR TRY_CAST({value} AS {sql_type}) != {value}"
                if column.kind == "double" and kind in WHOLE:  # beyond 2^53 a double skips numbers
                    changed += f" OR CAST(TRY_CAST({value} AS DOUBLE) AS HUGEINT) != {value}"
                if column.kind == "date":  # text that says more than a day
                    changed += f" OR CAST(TRY_CAST({value} AS DATE) AS VARCHAR) != {value}"
                tests[f"{name} changed"] = f"{value} IS NOT NULL AND ({changed})"
        if not column.null:
            tests[f"{name} empty"] = f"{value} IS NULL"
    if tests:
        sums = ", ".join(_count(name, test) for name, test in tests.items())
        for test, count in zip(tests, frame.aggregate(sums).fetchall()[0], strict=True):
            if count:
                column_name, _, fault = test.rpartition(" ")
                example = (
                    frame.filter(tests[test]).project(f'CAST("{column_name}" AS VARCHAR)').limit(1).fetchall()[0][0]
                )
                code = "lake.value_empty" if fault == "empty" else "lake.value_changes"
                raise ContractError(
                    code,
                    table=table.name,
                    column=column_name,
                    rows=count,
                    example=example,
                    kind=declared[column_name].kind,
                )
    return frame.project(", ".join(casts))


def _days(frame: DuckDBPyRelation, name: str) -> list[str]:
    """The texts of an enumeration of dates; none when it is no enumeration, or one of them is no date."""
    kind = frame.types[frame.columns.index(name)]
    if kind.id != "enum":
        return []
    texts: list[str] = dict(kind.children)["values"]  # type: ignore[assignment]
    return texts if all(_is_day(text) for text in texts) else []


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _count(name: str, test: str) -> str:
    column, _, fault = name.rpartition(" ")
    return f'count(*) - count("{column}")' if fault == "empty" else f"count(*) FILTER (WHERE {test})"
