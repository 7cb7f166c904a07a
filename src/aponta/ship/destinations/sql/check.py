"""What a person must set up in a database: told before anything is posted, not by declarations that are refused."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Inspector,
    TableClause,
    bindparam,
    insert,
    inspect,
    literal_column,
    select,
)
from sqlalchemy.exc import DBAPIError

from aponta.config.sections.sql import CONSTANT
from aponta.errors import ConfigError
from aponta.ship.destinations.sql.tables import FIELD_TYPES, SqlTables, full_name

_KEY_ROOM = 40  # SP1:M01:CUB-60-IN:20260105T10:good:1 has 37; a database refuses what is longer than its column
_NOTHING: ColumnElement[bool] = literal_column("1 = 0")


def error_words(error: DBAPIError) -> str:
    """The database's own, without the driver's number before them."""
    told = error.orig.args[-1] if error.orig and error.orig.args else error.orig
    return " ".join(str(told).split())


def check_database(connection: Connection, destination: str, tables: SqlTables) -> None:
    """Raises ConfigError: a table, a column, a key, a right, room for a value that is not there. Changes nothing."""
    there = inspect(connection)
    views = [one for one in (tables.on_hand, tables.closed_until) if one is not None]
    for one in (tables.ledger, *([] if tables.movement is None else [tables.movement]), *views):
        if not _is_there(connection, one):
            raise ConfigError("ship.sql_no_table", destination=destination, table=full_name(one))
        _check_columns(there, destination, one)
        _check_engine(there, destination, one)
    if tables.movement is not None:
        _check_values(there, destination, tables, tables.movement)
    if not _is_unique(there, tables.ledger):
        column = there.dialect.identifier_preparer.quote("key")
        raise ConfigError("ship.sql_not_unique", destination=destination, table=full_name(tables.ledger), column=column)
    for right, one, statement in _needed(tables):
        trial = connection.begin_nested()
        try:
            connection.execute(statement)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            facts = {"destination": destination, "table": full_name(one), "right": right, "why": error_words(error)}
            raise ConfigError("ship.sql_no_right", **facts) from error
        finally:
            if trial.is_active:
                trial.rollback()


def _is_there(connection: Connection, one: TableClause) -> bool:
    return inspect(connection).has_table(one.name, schema=one.schema)


def _check_columns(there: Inspector, destination: str, one: TableClause) -> None:
    known = {column["name"] for column in there.get_columns(one.name, schema=one.schema)}
    lacking = [column.name for column in one.columns if column.name not in known]
    if lacking:
        facts = {"table": full_name(one), "columns": ", ".join(lacking), "known": ", ".join(sorted(known))}
        raise ConfigError("ship.sql_no_column", destination=destination, **facts)


def _check_engine(there: Inspector, destination: str, one: TableClause) -> None:
    """MariaDB has tables that take nothing back: a movement could stand there without its line in the ledger."""
    if there.dialect.name in ("mysql", "mariadb") and one.name in there.get_table_names(schema=one.schema):
        options = there.get_table_options(one.name, schema=one.schema)
        engine = options.get(f"{there.dialect.name}_engine") or options.get("mysql_engine")
        if engine not in (None, "InnoDB"):
            raise ConfigError("ship.sql_engine", destination=destination, table=full_name(one), engine=engine)


def _check_values(there: Inspector, destination: str, tables: SqlTables, movement: TableClause) -> None:
    """Every column that needs a value gets one, and it fits."""
    where = {"destination": destination, "table": full_name(movement)}
    for column in there.get_columns(movement.name, schema=movement.schema):
        said = tables.columns.get(column["name"])
        if said is None and not column["nullable"] and not _fills_itself(there, movement, column):
            raise ConfigError("ship.sql_unfilled", **where, column=column["name"])
        room = getattr(column["type"], "length", None)
        needs = _KEY_ROOM if said == "key" else len(said) - len(CONSTANT) if said and said.startswith(CONSTANT) else 0
        if isinstance(room, int) and room < needs:
            raise ConfigError("ship.sql_too_short", **where, column=column["name"], room=room, needs=needs)


def _fills_itself(there: Inspector, movement: TableClause, column: Any) -> bool:
    if column.get("default") is not None or column.get("identity") or column.get("computed"):
        return True
    # SQLite and MariaDB number the rows of an integer key themselves.
    keys = there.get_pk_constraint(movement.name, schema=movement.schema)["constrained_columns"]
    rowid = there.dialect.name == "sqlite" and keys == [column["name"]] and str(column["type"]).upper() == "INTEGER"
    return rowid or column.get("autoincrement") is True


def _is_unique(there: Inspector, ledger: TableClause) -> bool:
    unique: list[Sequence[str | None]] = [
        one["column_names"] for one in there.get_unique_constraints(ledger.name, schema=ledger.schema)
    ]
    unique += [one["column_names"] for one in there.get_indexes(ledger.name, schema=ledger.schema) if one["unique"]]
    return ["key"] in [*unique, there.get_pk_constraint(ledger.name, schema=ledger.schema)["constrained_columns"]]


def _needed(tables: SqlTables) -> Iterator[tuple[str, TableClause, Executable]]:
    """Each right with a statement that needs it and does nothing: no row is written, none is read."""
    ledger, movement = tables.ledger, tables.movement
    yield "SELECT", ledger, select(ledger).where(_NOTHING)
    yield "INSERT", ledger, insert(ledger).from_select(list(ledger.c.keys()), select(ledger).where(_NOTHING))
    if movement is not None:
        values = [bindparam(None, None, type_=FIELD_TYPES.get(field)) for field in tables.columns.values()]
        none = select(*values).select_from(ledger).where(_NOTHING)
        yield "INSERT", movement, insert(movement).from_select(list(tables.columns), none)
        if tables.seen:
            seen = [movement.c[name] for field, name in tables.column_of.items() if not field.startswith(CONSTANT)]
            yield "SELECT", movement, select(*seen).where(_NOTHING)
    for view in (tables.on_hand, tables.closed_until):
        if view is not None:
            yield "SELECT", view, select(view).where(_NOTHING)
