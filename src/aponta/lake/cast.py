"""The strict cast before every write: a value fits its column exactly, or nothing is written.

delta-rs stores 7.5 as 7 in a long column and takes a time without zone (which lifts the table to reader version 3):
both are stopped here.
"""

from dataclasses import dataclass
from datetime import date

from duckdb import DuckDBPyRelation

from aponta.contract.table import Column, Kind, Table
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
NARROWER = frozenset({"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"})  # any of them fits a long
WHOLE = NARROWER | {"BIGINT", "HUGEINT", "UBIGINT", "UHUGEINT"}
FRACTIONS = frozenset({"DOUBLE", "FLOAT", "DECIMAL"})
TEXTS = frozenset({"VARCHAR", "ENUM"})
NOTHING = frozenset({'"NULL"'})  # a column without any value


@dataclass(frozen=True)
class Conversion:
    """From some types of DuckDB to a kind of column. `sql` gives the converted value, `changed` is true where it is
    lost or differs (empty: it never does); {value} is the column, {cast} the column cast to the kind's type.
    """

    types: frozenset[str]
    sql: str = "{cast}"
    changed: str = ""


CONVERSIONS: dict[Kind, tuple[Conversion, ...]] = {  # the first that has the column's type counts
    "string": (Conversion(TEXTS, "{value}"),),
    "long": (
        Conversion(frozenset({"BIGINT"}), "{value}"),
        Conversion(NARROWER),
        Conversion(WHOLE, changed="{cast} IS NULL"),
        Conversion(FRACTIONS, changed="{cast} IS NULL OR {cast} != {value}"),
    ),
    "integer": (
        Conversion(frozenset({"INTEGER"}), "{value}"),
        Conversion(WHOLE, changed="{cast} IS NULL"),
        Conversion(FRACTIONS, changed="{cast} IS NULL OR {cast} != {value}"),
    ),
    "double": (
        Conversion(frozenset({"DOUBLE"}), "{value}"),
        Conversion(FRACTIONS, changed="{cast} IS NULL"),
        # beyond 2^53 a double skips numbers
        Conversion(WHOLE, changed="{cast} IS NULL OR CAST({cast} AS HUGEINT) != {value}"),
    ),
    "boolean": (Conversion(frozenset({"BOOLEAN"}), "{value}"),),
    "timestamp": (
        Conversion(WHOLE, "make_timestamptz(CAST({value} AS BIGINT))"),  # microseconds since 1970, UTC
        Conversion(frozenset({"TIMESTAMP WITH TIME ZONE"})),
    ),
    "date": (
        Conversion(frozenset({"DATE"}), "{value}"),
        Conversion(TEXTS, changed="{cast} IS NULL OR CAST({cast} AS VARCHAR) != {value}"),  # text with more than a day
    ),
}


@dataclass(frozen=True)
class _Check:
    column: Column
    condition: str  # true for a row that breaks it
    count: str  # how many rows do
    empty: bool = False  # about an absent value, not about one that would change


def cast(frame: DuckDBPyRelation, table: Table) -> DuckDBPyRelation:
    """The frame's columns as the table declares them, every value checked.

    Raises ContractError: a column missing or not declared, a kind that does not fit, a value that would change, an
    empty value in a column that may not be.
    """
    types = dict(zip(frame.columns, (str(type_).split("(")[0] for type_ in frame.types), strict=True))
    differing = set(types) ^ {column.name for column in table.columns}
    if differing:
        raise ContractError("lake.columns_differ", table=table.name, columns=", ".join(sorted(differing)))
    checks: list[_Check] = []
    values = []
    for column in table.columns:
        value = f'"{column.name}"'
        conversion = _conversion(frame, column, types[column.name], table)
        parts = {"value": value, "cast": f"TRY_CAST({value} AS {SQL_TYPE[column.kind]})"}
        converted = conversion.sql.format(**parts)
        values.append(value if converted == value else f"{converted} AS {value}")
        if conversion.changed:
            changed = f"{value} IS NOT NULL AND ({conversion.changed.format(**parts)})"
            checks.append(_Check(column, changed, f"count(*) FILTER (WHERE {changed})"))
        if not column.null:
            checks.append(_Check(column, f"{value} IS NULL", f"count(*) - count({value})", empty=True))
    _check(frame, table, checks)
    return frame.project(", ".join(values))


def _conversion(frame: DuckDBPyRelation, column: Column, type_: str, table: Table) -> Conversion:
    if column.kind == "date" and (days := _days(frame, column.name)):  # few texts: each is read once
        listed = " ".join(f"WHEN '{day}' THEN DATE '{day}'" for day in days)
        return Conversion(TEXTS, f"CASE {{value}} {listed} END")
    for conversion in (*CONVERSIONS[column.kind], Conversion(NOTHING)):
        if type_ in conversion.types:
            return conversion
    raise ContractError("lake.kind_differs", table=table.name, column=column.name, found=type_, expected=column.kind)


def _check(frame: DuckDBPyRelation, table: Table, checks: list[_Check]) -> None:
    """All in one scan; of the first that fails an example is looked for. Raises ContractError."""
    if not checks:
        return
    counts = frame.aggregate(", ".join(check.count for check in checks)).fetchall()[0]
    for check, count in zip(checks, counts, strict=True):
        if count:
            column = check.column
            rows = frame.filter(check.condition).project(f'CAST("{column.name}" AS VARCHAR)').limit(1)
            example = rows.fetchall()[0][0]
            code = "lake.value_empty" if check.empty else "lake.value_changes"
            raise ContractError(
                code, table=table.name, column=column.name, rows=count, example=example, kind=column.kind
            )


def _days(frame: DuckDBPyRelation, name: str) -> list[str]:
    """The texts of an enumeration of dates; none when it is no enumeration, or a text is no date."""
    type_ = frame.types[frame.columns.index(name)]
    if type_.id != "enum":
        return []
    texts: list[str] = dict(type_.children)["values"]  # type: ignore[assignment]
    return texts if all(_is_day(text) for text in texts) else []


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
