"""The destination `sql`: stock movements in any database SQLAlchemy speaks to, SQLite by default.

stock_movement   one row a declaration: product, location, quantity (negative takes back), unit
stock_on_hand    their sum by product and location: a view
stock_ledger     the keys ever posted. A movement and its key are one transaction, so a key is posted once
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    MetaData,
    NullPool,
    Numeric,
    String,
    Table,
    column,
    create_engine,
    insert,
    inspect,
    make_url,
    select,
    table,
    text,
)
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, NoSuchModuleError

from aponta.config.stock_section import StockSection
from aponta.contract.clock import Clock, system_clock
from aponta.contract.sink import Declaration, Posted, Rejected
from aponta.errors import ConfigError, TransientError

_metadata = MetaData()
_movement = Table(
    "stock_movement",
    _metadata,
    Column("key", String(300), primary_key=True),
    Column("posted_at", DateTime(timezone=True), nullable=False),  # UTC
    Column("product", String(100), nullable=False),
    Column("location", String(200), nullable=False),
    Column("quantity", Numeric(20, 6), nullable=False),
    Column("unit", String(20), nullable=False),
    Column("reference", String(300), nullable=False),  # machine and hour of production, for people
)
_ledger = Table(
    "stock_ledger",
    _metadata,
    Column("key", String(300), primary_key=True),
    Column("digest", String(64), nullable=False),  # of what was said under the key
    Column("posted_at", DateTime(timezone=True), nullable=False),
)
_on_hand = table(
    "stock_on_hand", column("product", String), column("location", String), column("quantity", Numeric(20, 6))
)
_ON_HAND = """
    CREATE VIEW stock_on_hand (product, location, quantity) AS
    SELECT product, location, SUM(quantity) FROM stock_movement GROUP BY product, location
"""
_CONNECT_S = 10  # a server that is switched off does not answer at all


def open_sink(destination: StockSection, url: str, folder: Path, clock: Clock = system_clock) -> "SqlSink":
    """Nothing is connected to yet. Raises ConfigError for a URL that is none, or whose driver is not installed."""
    try:
        parsed = make_url(url)
        if "@" in (parsed.host or ""):  # of a password that has one: the rest of it would be shown as the server
            raise ArgumentError
        if parsed.drivername == "postgresql+psycopg" and "connect_timeout" not in parsed.query:
            parsed = parsed.update_query_dict({"connect_timeout": str(_CONNECT_S)})
        # No pool: two connections a pass cost little, and none is left to go stale between passes.
        return SqlSink(destination.name, create_engine(parsed, poolclass=NullPool), clock)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise ConfigError("ship.no_driver", destination=destination.name, driver=parsed.drivername) from None
    except (ArgumentError, ValueError):  # of the latter: a port that is no number
        raise ConfigError("ship.bad_url", destination=destination.name) from None  # the URL may hold a password


@dataclass(frozen=True)
class SqlSink:
    """A `Sink`. Exactly once: a key that is in the ledger is never posted again."""

    name: str
    engine: Engine
    clock: Clock

    def check(self) -> None:
        """Raises TransientError when the database cannot be reached."""
        with self._transaction():
            pass

    def closed_until(self) -> date | None:
        """Movements may be booked on any day."""
        return None

    def look_up(self, keys: Sequence[str]) -> dict[str, Posted]:
        """Raises TransientError when the database cannot be reached."""
        return {key: posted for key, (posted, _) in self._there(keys).items()}

    def post(self, declarations: Sequence[Declaration]) -> dict[str, Posted]:
        """All or nothing; what is there already is left as it is. Raises TransientError, or Rejected with its
        words (and an empty key: a database does not say which row of a batch it refuses)."""
        there = self._there([one.key for one in declarations])
        for one in declarations:
            if one.key in there and there[one.key][1] != _digest(one):
                raise Rejected(one.key, "stock_ledger: the key was posted with another content")
        new = [one for one in declarations if one.key not in there]
        try:
            with self._transaction() as connection:
                self._insert(connection, new)
        except Rejected:
            if self._there([one.key for one in new]):  # someone else was faster: what is there decides
                return self.post(declarations)
            raise
        return {key: posted for key, (posted, _) in there.items()} | {
            one.key: Posted(one.quantity, _reference(one)) for one in new
        }

    def on_hand(self) -> list[tuple[str, str, Decimal]]:
        """Raises TransientError when the database cannot be reached."""
        with self._transaction() as connection:
            rows = connection.execute(select(_on_hand).order_by(_on_hand.c.product, _on_hand.c.location))
            return [(row.product, row.location, row.quantity) for row in rows]

    def _there(self, keys: Sequence[str]) -> dict[str, tuple[Posted, str]]:
        """What is there of these, with the digest of what was said."""
        with self._transaction() as connection:
            rows = connection.execute(
                select(_movement.c.key, _movement.c.quantity, _movement.c.reference, _ledger.c.digest)
                .join(_ledger, _ledger.c.key == _movement.c.key)
                .where(_movement.c.key.in_(keys))
            )
            return {row.key: (Posted(row.quantity, row.reference), row.digest) for row in rows}

    def _insert(self, connection: Connection, declarations: Sequence[Declaration]) -> None:
        if not declarations:
            return
        now = self.clock()
        ledger = [{"key": one.key, "digest": _digest(one), "posted_at": now} for one in declarations]
        movements = [
            {
                "key": one.key,
                "posted_at": now,
                "product": one.stock_code,
                "location": one.location,
                "quantity": one.quantity,
            }
            | {"unit": one.unit, "reference": _reference(one)}
            for one in declarations
        ]
        connection.execute(insert(_ledger), ledger)
        connection.execute(insert(_movement), movements)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """One transaction; what the database raises becomes ours."""
        try:
            with self._database.begin() as connection:
                yield connection
        except DBAPIError as error:
            words = " ".join(str(error.orig).split())
            if _refuses(error):
                raise Rejected("", words) from error
            url = self.engine.url.set(query={})  # where passwords may stand, too
            place = url.render_as_string(hide_password=True)
            raise TransientError("ship.unreachable", destination=self.name, place=place, why=words) from error

    @cached_property
    def _database(self) -> Engine:
        """The engine, once the tables stand: made where they are absent, for a database may have them and forbid it."""
        with self.engine.begin() as connection:
            _metadata.create_all(connection)
            if not inspect(connection).has_table(_on_hand.name):
                connection.execute(text(_ON_HAND))
        return self.engine


def _refuses(error: DBAPIError) -> bool:
    """The data, not the moment, is to blame: a constraint, a value too large, a trigger's rule (PostgreSQL: P0001)."""
    return isinstance(error, IntegrityError | DataError) or getattr(error.orig, "sqlstate", None) == "P0001"


def _reference(said: Declaration) -> str:
    return f"{said.machine} {said.hour:%Y-%m-%dT%H}Z {said.quality} {said.revision}"


def _digest(said: Declaration) -> str:
    content = (said.key, said.stock_code, said.location, f"{said.quantity.normalize():f}", said.unit)
    return hashlib.sha256("\n".join(content).encode()).hexdigest()
