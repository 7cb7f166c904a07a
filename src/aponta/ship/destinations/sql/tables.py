"""Where a movement goes, and the ledger that stands beside it.

stock_movement   one row a declaration: product, location, quantity (negative takes back), unit
stock_on_hand    their sum by product and location: a view
stock_ledger     the keys ever posted, with what was said under each

The first two are ours only where `[stock.sql]` names no others. Names are never put into a statement as text:
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
    Executable,
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
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.types import TypeEngine

from aponta.config.sections.sql import CONSTANT, PARAMETER, SqlSection
from aponta.contract.stock.sink import Declaration

# MariaDB takes `a` and `A` for one word unless it is told otherwise: two keys would be one.
_KEY = String(300).with_variant(VARCHAR(300, collation="utf8mb4_bin"), "mysql", "mariadb")
_QUANTITY = Numeric(20, 6)
_TIME = DateTime(timezone=True)  # UTC
# How a field is sent. The others are text, which the database reads as the column's own type asks.
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
    """columns: of the movement, each with its field of a declaration or its constant text."""

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
    def seen(self) -> bool:
        """Whether what a person does to a movement can be seen."""
        return self.rows_stay and {"key", "quantity"} <= self.column_of.keys()

    def lacking(self, connection: Connection) -> list[Executable]:
        """The statements that make what is ours and is not there: a database may have it and forbid to make it."""
        there = inspect(connection)
        ours = [one for one in (self.ledger, self.movement) if isinstance(one, Table)]
        made: list[Executable] = []
        for one in ours:
            if not there.has_table(one.name, schema=one.schema):
                made += [CreateTable(one), *(CreateIndex(index) for index in one.indexes)]
        if len(ours) == 2 and not there.has_table("stock_on_hand"):
            made.append(text(_ON_HAND))
        return made


def tables_of(section: SqlSection) -> SqlTables:
    """As the section names them; nothing is asked of the database."""
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
        Column("digest", String(64), nullable=False),  # of what was said under the key
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


def _mapped(name: str, columns: Mapping[str, str]) -> TableClause:
    schema, bare = _split(name)
    return table(bare, *(column(one, FIELD_TYPES.get(field)) for one, field in columns.items()), schema=schema)


def _view(name: str, **columns: TypeEngine[Any]) -> TableClause:
    schema, bare = _split(name)
    return table(bare, *(column(one, kind) for one, kind in columns.items()), schema=schema)


def _split(name: str) -> tuple[str | None, str]:
    schema, _, bare = name.rpartition(".")
    return schema or None, bare


def full_name(of: TableClause) -> str:
    """As people write it."""
    return f"{of.schema}.{of.name}" if of.schema else of.name


def declaration_fields(said: Declaration, now: datetime) -> dict[str, object]:
    """What a mapping or a procedure may take of a declaration; the reference is for people."""
    return vars(said) | {"posted_at": now, "reference": readable_reference(said)}


def movement_row(columns: Mapping[str, str], of: Mapping[str, object]) -> dict[str, object]:
    """A row of the movement, of the declaration's fields."""
    return {
        name: field.removeprefix(CONSTANT) if field.startswith(CONSTANT) else of[field]
        for name, field in columns.items()
    }


def procedure_call(procedure: str, of: Mapping[str, object]) -> TextClause:
    """The statement with a declaration's fields as its parameters."""
    names = set(PARAMETER.findall(procedure))
    return text(procedure).bindparams(*(bindparam(name, of[name], type_=FIELD_TYPES.get(name)) for name in names))


def ledger_row(said: Declaration, now: datetime) -> dict[str, object]:
    """A row of the ledger."""
    content = {name: getattr(said, name) for name in ("key", "hour", "stock_code", "location", "quantity")}
    return content | {"digest": content_digest(said), "posted_at": now, "reference": readable_reference(said)}


def readable_reference(said: Declaration) -> str:
    return f"{said.machine} {said.hour:%Y-%m-%dT%H}Z {said.quality} {said.revision}"


def content_digest(said: Declaration) -> str:
    """Of what was said under the key: another content is another digest."""
    content = (said.key, said.stock_code, said.location, f"{said.quantity.normalize():f}", said.unit)
    return hashlib.sha256("\n".join(content).encode()).hexdigest()
