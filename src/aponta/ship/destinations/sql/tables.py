"""The tables of movements, and the ledger of posted keys.

stock_movement   one row a declaration: product, location, quantity (negative takes back), unit
stock_on_hand    their sum by product and location: a view
stock_ledger     the posted keys, each with its content

aponta makes the first two only where `[stock.sql]` names no others. Names are never put into a statement as text:
SQLAlchemy quotes them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    TableClause,
    TextClause,
    bindparam,
    column,
    inspect,
    table,
    text,
)
from sqlalchemy.dialects.mysql import VARCHAR
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement
from sqlalchemy.types import TypeEngine

from aponta.config.sections.sql import CONSTANT, PARAMETER, SqlSection
from aponta.contract.stock.quantity import quantity_text
from aponta.contract.stock.sink import Declaration

# Without this collation `a` and `A` are equal in MariaDB: two keys would be one.
_KEY = String(300).with_variant(VARCHAR(300, collation="utf8mb4_bin"), "mysql", "mariadb")
_QUANTITY = Numeric(20, 6)
_TIME = DateTime(timezone=True)  # UTC
# Types of fields. Others are sent as text, which the database converts to the column's own type.
FIELD_TYPES: dict[str, TypeEngine[Any]] = {
    "hour": _TIME,
    "posted_at": _TIME,
    "booked_on": Date(),
    "quantity": _QUANTITY,
    "pieces": BigInteger(),
    "revision": Integer(),
}
_OWN = {
    "key": "key",
    "posted_at": "posted_at",
    "product": "stock_code",
    "location": "location",
    "quantity": "quantity",
    "unit": "unit",
    "reference": "reference",
    "booked_on": "booked_on",
    "lot": "lot",
}
_ON_HAND = """
    CREATE VIEW stock_on_hand (product, location, quantity) AS
    SELECT product, location, SUM(quantity) FROM stock_movement GROUP BY product, location
"""


@dataclass(frozen=True)
class SqlTables:
    """columns: the movement's columns, each with its field of a declaration or its constant text."""

    ledger: Table
    movement: TableClause | None  # None: `procedure` posts
    columns: Mapping[str, str]
    procedure: str | None
    on_hand: TableClause | None
    closed_until: TableClause | None
    rows_stay: bool

    @property
    def column_of(self) -> dict[str, str]:
        """The movement's column of a field."""
        return {field: name for name, field in self.columns.items()}

    @property
    def shows_changes(self) -> bool:
        """Whether the movement's rows show what a person changed in them."""
        return self.rows_stay and {"key", "quantity"} <= self.column_of.keys()

    def missing_statements(self, connection: Connection) -> list[ExecutableDDLElement | TextClause]:
        """Statements that create aponta's own tables that are missing. A database that has them may forbid creation."""
        database = inspect(connection)
        own = [each for each in (self.ledger, self.movement) if isinstance(each, Table)]
        statements: list[ExecutableDDLElement | TextClause] = []
        for each in own:
            if not database.has_table(each.name, schema=each.schema):
                statements += [CreateTable(each), *(CreateIndex(index) for index in each.indexes)]
        if len(own) == 2 and not database.has_table("stock_on_hand"):
            statements.append(text(_ON_HAND))
        return statements


def tables_of(section: SqlSection) -> SqlTables:
    """The tables that a section names. Asks the database nothing."""
    own = section.table is None and section.procedure is None
    movement = _own_movement() if own else None if section.table is None else _mapped(section.table, section.columns)
    on_hand = "stock_on_hand" if own else section.on_hand
    closed = section.closed_until
    return SqlTables(
        ledger=_ledger(section.ledger),
        movement=movement,
        columns=_OWN if own else section.columns,
        procedure=section.procedure,
        on_hand=_view(on_hand, product=String(), location=String(), quantity=_QUANTITY) if on_hand else None,
        closed_until=_view(closed, closed_until=Date()) if closed else None,
        rows_stay=section.rows == "stay",
    )


def _ledger(name: str) -> Table:
    schema, bare = _split(name)
    return Table(
        bare,
        MetaData(),
        Column("key", _KEY, primary_key=True),
        Column("digest", String(64), nullable=False),  # of the content under the key
        Column("posted_at", _TIME, nullable=False),
        Column("hour", _TIME, nullable=False, index=True),  # of production
        Column("stock_code", String(100), nullable=False),
        Column("location", String(200), nullable=False),
        Column("quantity", _QUANTITY, nullable=False),
        Column("reference", String(300), nullable=False),  # machine and hour of production, for people
        schema=schema,
    )


def _own_movement() -> Table:
    return Table(
        "stock_movement",
        MetaData(),
        Column("key", _KEY, primary_key=True),
        Column("posted_at", _TIME, nullable=False),
        Column("product", String(100), nullable=False),
        Column("location", String(200), nullable=False),
        Column("quantity", _QUANTITY, nullable=False),
        Column("unit", String(20), nullable=False),
        Column("reference", String(300), nullable=False),
        Column("booked_on", Date, nullable=False),
        Column("lot", String(100)),
    )


def _mapped(table_name: str, columns: Mapping[str, str]) -> TableClause:
    schema, bare = _split(table_name)
    return table(bare, *(column(name, FIELD_TYPES.get(field)) for name, field in columns.items()), schema=schema)


def _view(view_name: str, **columns: TypeEngine[Any]) -> TableClause:
    schema, bare = _split(view_name)
    return table(bare, *(column(name, kind) for name, kind in columns.items()), schema=schema)


def _split(name: str) -> tuple[str | None, str]:
    schema, _, bare = name.rpartition(".")
    return schema or None, bare


def full_name(named: TableClause) -> str:
    """The name with its schema, as people write it."""
    return f"{named.schema}.{named.name}" if named.schema else named.name


def declaration_fields(declaration: Declaration, now: datetime) -> dict[str, object]:
    """The fields that a mapping or a procedure may use; the reference is for people."""
    return vars(declaration) | {"posted_at": now, "reference": readable_reference(declaration)}


def movement_row(columns: Mapping[str, str], fields: Mapping[str, object]) -> dict[str, object]:
    """A row of the movement's table from a declaration's fields."""
    return {
        name: field.removeprefix(CONSTANT) if field.startswith(CONSTANT) else fields[field]
        for name, field in columns.items()
    }


def procedure_call(procedure: str, fields: Mapping[str, object]) -> TextClause:
    """The statement with a declaration's fields as its parameters."""
    names = set(PARAMETER.findall(procedure))
    return text(procedure).bindparams(*(bindparam(name, fields[name], type_=FIELD_TYPES.get(name)) for name in names))


def ledger_row(declaration: Declaration, now: datetime) -> dict[str, object]:
    """A row of the ledger."""
    content = {name: getattr(declaration, name) for name in ("key", "hour", "stock_code", "location", "quantity")}
    reference = readable_reference(declaration)
    return content | {"digest": content_digest(declaration), "posted_at": now, "reference": reference}


def readable_reference(declaration: Declaration) -> str:
    return f"{declaration.machine} {declaration.hour:%Y-%m-%dT%H}Z {declaration.quality} {declaration.revision}"


def content_digest(declaration: Declaration) -> str:
    """The hash of the content under a key."""
    quantity = quantity_text(declaration.quantity)
    content = (declaration.key, declaration.stock_code, declaration.location, quantity, declaration.unit)
    return hashlib.sha256("\n".join(content).encode()).hexdigest()
