"""Posts to a database, each key once: what is in the ledger is never posted again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from sqlalchemy import Connection, Engine, func, insert, select, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from aponta.contract.clock import Clock
from aponta.contract.stock.sink import Declaration, Rejection, StockDocument
from aponta.errors import ConfigError, TransientError
from aponta.ship.destinations.sql import check as lacks
from aponta.ship.destinations.sql.check import error_words
from aponta.ship.destinations.sql.tables import (
    SqlTables,
    content_digest,
    declaration_fields,
    full_name,
    ledger_row,
    movement_row,
    procedure_call,
)

_AT_ONCE = 1_000  # rows of a long answer
# A column without a zone is told UTC too; MariaDB never cuts what is too long.
_SESSION = {
    "postgresql": "SET TIME ZONE 'UTC'",
    "mysql": "SET time_zone = '+00:00', sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')",
}
_SESSION["mariadb"] = _SESSION["mysql"]
# These of SQLSTATE are about the data: 22 a value, 23 a constraint, 44 a view's CHECK, 45 and P0 what a trigger or a
# procedure raises.
_OF_THE_DATA = {"22", "23", "44", "45", "P0"}
_SIGNAL = 1644  # of MariaDB: what a trigger or a procedure raises
_DENIED = {1044, 1142, "42501", "attempt to write a readonly database"}  # MariaDB, PostgreSQL, SQLite


@dataclass(frozen=True)
class SqlSink:
    """A `Sink`."""

    name: str
    engine: Engine = field(repr=False)  # its URL may hold a password
    clock: Clock
    tables: SqlTables = field(repr=False)

    def check(self) -> None:
        """Raises ConfigError: what a person must set up. Nothing is posted, and of another system nothing is made."""
        with self._transaction() as connection:
            lacks.check_database(connection, self.name, self.tables)

    def look_up(self, keys: Sequence[str]) -> dict[str, StockDocument]:
        """Raises TransientError when the database cannot be reached."""
        return {key: posted for key, (posted, _) in self._there(keys).items()}

    def post(self, declarations: Sequence[Declaration]) -> dict[str, StockDocument]:
        """All or nothing; what is there already is left as it is. Raises TransientError, or Rejection with its
        words (and an empty key: a database does not say which row of a batch it refuses)."""
        there = self._there([one.key for one in declarations])
        for one in declarations:
            if one.key in there and there[one.key][1] != content_digest(one):
                raise Rejection(one.key, f"{full_name(self.tables.ledger)}: the key was posted with another content")
        new = [one for one in declarations if one.key not in there]
        if not new:
            return {key: posted for key, (posted, _) in there.items()}
        now = self.clock()
        try:
            with self._transaction() as connection:
                self._insert(connection, new, now)
        except Rejection:
            if self._there([one.key for one in new]):  # someone else was faster: what is there decides
                return self.post(declarations)
            raise
        return {key: posted for key, (posted, _) in there.items()} | {
            one.key: _posted(ledger_row(one, now)) for one in new
        }

    def list_documents(self, site: str, since: datetime, until: datetime) -> Iterator[tuple[str, StockDocument]]:
        """By the ledger, each key with its movements as they are now."""
        ledger, there = self.tables.ledger, self.tables.movement
        of_site = (ledger.c.key.startswith(f"{site}:", autoescape=True), ledger.c.hour >= since, ledger.c.hour < until)
        found = select(ledger).where(*of_site)
        if self.tables.seen and there is not None:
            column = {said: there.c[name] for said, name in self.tables.column_of.items()}
            shown = [column[said].label(f"there_{said}") for said in _SHOWN if said in column]
            joined = ledger.outerjoin(there, column["key"] == ledger.c.key)
            found = select(ledger, *shown).select_from(joined).where(*of_site)
        with self._transaction() as connection:
            for one in connection.execution_options(yield_per=_AT_ONCE).execute(found):
                said = one._asdict()
                if said["key"].startswith(f"{site}:"):  # a database may take `sp1` for `SP1`
                    yield said["key"], _posted(said, said if self.tables.seen else None)

    def on_hand(self) -> list[tuple[str, str, Decimal]]:
        """Nothing where no view tells it. Raises TransientError when the database cannot be reached."""
        view = self.tables.on_hand
        if view is None:
            return []
        with self._transaction() as connection:
            rows = connection.execute(select(view).order_by(view.c.product, view.c.location))
            return [(str(one.product), str(one.location), Decimal(one.quantity or 0)) for one in rows]

    def closed_until(self) -> date | None:
        """None where no view tells it."""
        view = self.tables.closed_until
        if view is None:
            return None
        with self._transaction() as connection:
            last: date | None = connection.scalar(select(func.max(view.c.closed_until)))
            return last.date() if isinstance(last, datetime) else last

    def _there(self, keys: Sequence[str]) -> dict[str, tuple[StockDocument, str]]:
        """What is there of these, with the digest of what was said."""
        ledger = self.tables.ledger
        with self._transaction() as connection:
            said = [one._asdict() for one in connection.execute(select(ledger).where(ledger.c.key.in_(keys)))]
            seen = self._movements(connection, [one["key"] for one in said]) if self.tables.seen else None
        return {
            one["key"]: (_posted(one, seen if seen is None else seen.get(one["key"], {})), one["digest"])
            for one in said
        }

    def _movements(self, connection: Connection, keys: Sequence[str]) -> dict[str, dict[str, object]]:
        """What stands in the rows of these keys: somebody may have changed one, or doubled it."""
        there = self.tables.movement
        assert there is not None
        column = {said: there.c[name] for said, name in self.tables.column_of.items()}
        key = column["key"].label("there_key")
        others = [func.min(column[said]).label(f"there_{said}") for said in _SHOWN[2:] if said in column]
        summed = select(key, func.sum(column["quantity"]).label("there_quantity"), *others)
        rows = connection.execute(summed.where(column["key"].in_(keys)).group_by(column["key"]))
        return {one.there_key: one._asdict() for one in rows}

    def _insert(self, connection: Connection, declarations: Sequence[Declaration], now: datetime) -> None:
        tables = self.tables
        ordered = sorted(declarations, key=lambda one: one.key)  # two that post the same wait, and lock each other not
        connection.execute(insert(tables.ledger), [ledger_row(one, now) for one in ordered])
        if tables.movement is not None:
            rows = [movement_row(tables.columns, declaration_fields(one, now)) for one in ordered]
            connection.execute(insert(tables.movement), rows)
        if tables.procedure is not None:
            for one in ordered:
                connection.execute(procedure_call(tables.procedure, declaration_fields(one, now))).close()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """One transaction; what the database raises becomes ours."""
        engine = self._database
        with self._connected(engine) as connection:
            try:
                with connection.begin():
                    if session := _SESSION.get(engine.dialect.name):
                        connection.execute(text(session))
                    yield connection
            except DBAPIError as error:
                raise self._told(error) from error

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        try:
            connection = engine.connect()
        except DBAPIError as error:
            raise self._unreachable(error) from error
        with connection:
            yield connection

    @cached_property
    def _database(self) -> Engine:
        """The engine, once our tables stand."""
        with self._connected(self.engine) as connection:
            try:
                with connection.begin():
                    for statement in self.tables.lacking(connection):
                        connection.execute(statement)
            except DBAPIError as error:
                if not _forbids(error):  # another one makes them now: it goes on with the next pass
                    raise self._told(error) from error
                with connection.begin():
                    made = [str(one.compile(connection)) for one in self.tables.lacking(connection)]  # type: ignore[attr-defined]
                facts = {"why": error_words(error), "statement": "; ".join(" ".join(one.split()) for one in made)}
                raise ConfigError("ship.sql_not_made", destination=self.name, **facts) from error
        return self.engine

    def _told(self, error: DBAPIError) -> Rejection | TransientError:
        if isinstance(error, IntegrityError | DataError) or _state(error)[:2] in _OF_THE_DATA:
            return Rejection("", error_words(error))
        if error.connection_invalidated or self.engine.dialect.name == "sqlite":  # a file is locked, or away
            return self._unreachable(error)
        return TransientError("ship.unsure", destination=self.name, why=error_words(error))

    def _unreachable(self, error: DBAPIError) -> TransientError:
        url = self.engine.url.set(query={})  # where passwords may stand, too
        place = url.render_as_string(hide_password=True)
        return TransientError("ship.unreachable", destination=self.name, place=place, why=error_words(error))


_SHOWN = ("key", "quantity", "stock_code", "location")


def _state(error: DBAPIError) -> str:
    """SQLSTATE, as far as the driver tells."""
    told = error.orig.args[0] if error.orig and error.orig.args else None
    return "45000" if told == _SIGNAL else getattr(error.orig, "sqlstate", None) or ""


def _forbids(error: DBAPIError) -> bool:
    return _state(error) in _DENIED or bool(error.orig and _DENIED & {*error.orig.args[:1]})


def _posted(said: dict[str, object], seen: dict[str, object] | None = None) -> StockDocument:
    """said: the ledger's line. seen: its movement as it stands now, empty where somebody deleted it; None: not seen."""
    if seen is not None and seen.get("there_key") is None:
        return StockDocument(_decimal(said["quantity"]), str(said["reference"]), "cancelled")
    of = {name: (seen or {}).get(f"there_{name}", said[name]) for name in _SHOWN}
    return StockDocument(
        _decimal(of["quantity"]),
        str(said["reference"]),
        stock_code=None if of["stock_code"] is None else str(of["stock_code"]),
        location=None if of["location"] is None else str(of["location"]),
    )


def _decimal(number: object) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(str(number))
