"""Checks before the first posting that a person has set up everything in the database, so that no declaration fails."""

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
    """The database's own words, without the driver's number before them."""
    text = error.orig.args[-1] if error.orig and error.orig.args else error.orig
    return " ".join(str(text).split())


def check_database(connection: Connection, destination: str, tables: SqlTables) -> None:
    """Raises ConfigError where a table, column, unique key, right or room for a value is missing. Changes nothing."""
    database = inspect(connection)
    optional = (tables.movement, tables.on_hand, tables.closed_until)
    for table in (tables.ledger, *(table for table in optional if table is not None)):
        if not database.has_table(table.name, schema=table.schema):
            raise ConfigError("ship.sql_no_table", destination=destination, table=full_name(table))
        _check_columns(database, destination, table)
        _check_engine(database, destination, table)
    if tables.movement is not None:
        _check_values(database, destination, tables, tables.movement)
    if not _has_unique_key(database, tables.ledger):
        column = database.dialect.identifier_preparer.quote("key")
        raise ConfigError("ship.sql_not_unique", destination=destination, table=full_name(tables.ledger), column=column)
    for right, table, statement in _needed_rights(tables):
        trial = connection.begin_nested()
        try:
            connection.execute(statement)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            facts = {"destination": destination, "table": full_name(table), "right": right, "why": error_words(error)}
            raise ConfigError("ship.sql_no_right", **facts) from error
        finally:
            if trial.is_active:
                trial.rollback()


def _check_columns(database: Inspector, destination: str, table: TableClause) -> None:
    known = {column["name"] for column in database.get_columns(table.name, schema=table.schema)}
    lacking = [column.name for column in table.columns if column.name not in known]
    if lacking:
        facts = {"table": full_name(table), "columns": ", ".join(lacking), "known": ", ".join(sorted(known))}
        raise ConfigError("ship.sql_no_column", destination=destination, **facts)


def _check_engine(database: Inspector, destination: str, table: TableClause) -> None:
    """MariaDB has tables without transactions: a movement could stay there without its row in the ledger."""
    if database.dialect.name in ("mysql", "mariadb") and table.name in database.get_table_names(schema=table.schema):
        options = database.get_table_options(table.name, schema=table.schema)
        engine = options.get(f"{database.dialect.name}_engine") or options.get("mysql_engine")
        if engine not in (None, "InnoDB"):
            raise ConfigError("ship.sql_engine", destination=destination, table=full_name(table), engine=engine)


def _check_values(database: Inspector, destination: str, tables: SqlTables, movement: TableClause) -> None:
    """Checks that every column which needs a value gets one, and has room for it."""
    where = {"destination": destination, "table": full_name(movement)}
    for column in database.get_columns(movement.name, schema=movement.schema):
        field = tables.columns.get(column["name"])
        if field is None and not column["nullable"] and not _fills_itself(database, movement, column):
            raise ConfigError("ship.sql_unfilled", **where, column=column["name"])
        room = getattr(column["type"], "length", None)
        needs = 0
        if field == "key":
            needs = _KEY_ROOM
        elif field and field.startswith(CONSTANT):
            needs = len(field) - len(CONSTANT)
        if isinstance(room, int) and room < needs:
            raise ConfigError("ship.sql_too_short", **where, column=column["name"], room=room, needs=needs)


def _fills_itself(database: Inspector, movement: TableClause, column: Any) -> bool:
    if column.get("default") is not None or column.get("identity") or column.get("computed"):
        return True
    # SQLite and MariaDB number the rows of an integer key themselves.
    keys = database.get_pk_constraint(movement.name, schema=movement.schema)["constrained_columns"]
    rowid = database.dialect.name == "sqlite" and keys == [column["name"]] and str(column["type"]).upper() == "INTEGER"
    return rowid or column.get("autoincrement") is True


def _has_unique_key(database: Inspector, ledger: TableClause) -> bool:
    constraints = database.get_unique_constraints(ledger.name, schema=ledger.schema)
    indexes = database.get_indexes(ledger.name, schema=ledger.schema)
    unique: list[Sequence[str | None]] = [constraint["column_names"] for constraint in constraints]
    unique += [index["column_names"] for index in indexes if index["unique"]]
    return ["key"] in [*unique, database.get_pk_constraint(ledger.name, schema=ledger.schema)["constrained_columns"]]


def _needed_rights(tables: SqlTables) -> Iterator[tuple[str, TableClause, Executable]]:
    """Each right with its table and a statement that needs it and neither writes nor reads a row."""
    ledger, movement = tables.ledger, tables.movement
    yield "SELECT", ledger, select(ledger).where(_NOTHING)
    yield "INSERT", ledger, insert(ledger).from_select(list(ledger.c.keys()), select(ledger).where(_NOTHING))
    if movement is not None:
        values = [bindparam(None, None, type_=FIELD_TYPES.get(field)) for field in tables.columns.values()]
        no_rows = select(*values).select_from(ledger).where(_NOTHING)
        yield "INSERT", movement, insert(movement).from_select(list(tables.columns), no_rows)
        if tables.shows_changes:
            seen = [movement.c[name] for field, name in tables.column_of.items() if not field.startswith(CONSTANT)]
            yield "SELECT", movement, select(*seen).where(_NOTHING)
    for view in (tables.on_hand, tables.closed_until):
        if view is not None:
            yield "SELECT", view, select(view).where(_NOTHING)
