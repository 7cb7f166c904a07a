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
from aponta.ship.destinations.sql.check import check_database, error_words
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
# Columns without a zone get UTC too; MariaDB refuses a value that is too long and does not cut it.
_SESSION = {
    "postgresql": "SET TIME ZONE 'UTC'",
    "mysql": "SET time_zone = '+00:00', sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')",
}
_SESSION["mariadb"] = _SESSION["mysql"]
# Classes of SQLSTATE about the data: 22 a value, 23 a constraint, 44 a view's CHECK, 45 and P0 an error that a trigger
# or a procedure raises.
_OF_THE_DATA = {"22", "23", "44", "45", "P0"}
_SIGNAL = 1644  # MariaDB's error that a trigger or a procedure raises
_DENIED = {1044, 1142, "42501", "attempt to write a readonly database"}  # MariaDB, PostgreSQL, SQLite


_FIELDS = ("key", "quantity", "stock_code", "location")  # of a movement, compared with the ledger


@dataclass(frozen=True)
class _Posted:
    document: StockDocument
    digest: str  # of the content under the key


@dataclass(frozen=True)
class SqlSink:
    """A `Sink`."""

    name: str
    engine: Engine = field(repr=False)  # its URL may hold a password
    clock: Clock
    tables: SqlTables = field(repr=False)

    def check(self) -> None:
        """As `check_database`. Creates aponta's own tables, and none of another system."""
        with self._transaction() as connection:
            check_database(connection, self.name, self.tables)

    def look_up(self, keys: Sequence[str]) -> dict[str, StockDocument]:
        """Raises TransientError where the database cannot be reached."""
        return {key: posted.document for key, posted in self._posted(keys).items()}

    def post(self, declarations: Sequence[Declaration]) -> dict[str, StockDocument]:
        """All or nothing; keys in the ledger are left as they are. Raises TransientError, or Rejection with the
        database's words (and an empty key: a database does not name the row of a batch that it refuses)."""
        posted = self._posted([declaration.key for declaration in declarations])
        new: list[Declaration] = []
        for declaration in declarations:
            known = posted.get(declaration.key)
            if known is None:
                new.append(declaration)
            elif known.digest != content_digest(declaration):
                ledger = full_name(self.tables.ledger)
                raise Rejection(declaration.key, f"{ledger}: the key was posted with another content")
        documents = {key: known.document for key, known in posted.items()}
        if not new:
            return documents
        now = self.clock()
        try:
            with self._transaction() as connection:
                self._insert(connection, new, now)
        except Rejection:
            if self._posted([declaration.key for declaration in new]):  # another process was faster: its rows decide
                return self.post(declarations)
            raise
        return documents | {declaration.key: _document(ledger_row(declaration, now)) for declaration in new}

    def list_documents(self, site: str, since: datetime, until: datetime) -> Iterator[tuple[str, StockDocument]]:
        """Keys of the ledger, each with its movements as they are now."""
        ledger, movement = self.tables.ledger, self.tables.movement
        of_site = (ledger.c.key.startswith(f"{site}:", autoescape=True), ledger.c.hour >= since, ledger.c.hour < until)
        query = select(ledger).where(*of_site)
        if self.tables.shows_changes and movement is not None:
            columns = {name: movement.c[column] for name, column in self.tables.column_of.items()}
            shown = [columns[name].label(f"there_{name}") for name in _FIELDS if name in columns]
            joined = ledger.outerjoin(movement, columns["key"] == ledger.c.key)
            query = select(ledger, *shown).select_from(joined).where(*of_site)
        with self._transaction() as connection:
            for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
                values = row._asdict()
                if values["key"].startswith(f"{site}:"):  # a database may take `sp1` for `SP1`
                    yield values["key"], _document(values, values if self.tables.shows_changes else None)

    def on_hand(self) -> list[tuple[str, str, Decimal]]:
        """Empty where there is no view of stock. Raises TransientError where the database cannot be reached."""
        view = self.tables.on_hand
        if view is None:
            return []
        with self._transaction() as connection:
            rows = connection.execute(select(view).order_by(view.c.product, view.c.location))
            return [(str(row.product), str(row.location), Decimal(row.quantity or 0)) for row in rows]

    def closed_until(self) -> date | None:
        """None where there is no view of periods."""
        view = self.tables.closed_until
        if view is None:
            return None
        with self._transaction() as connection:
            last: date | None = connection.scalar(select(func.max(view.c.closed_until)))
            return last.date() if isinstance(last, datetime) else last

    def _posted(self, keys: Sequence[str]) -> dict[str, _Posted]:
        """The documents of the keys in the ledger."""
        ledger = self.tables.ledger
        with self._transaction() as connection:
            rows = [row._asdict() for row in connection.execute(select(ledger).where(ledger.c.key.in_(keys)))]
            movements = self._movements(connection, [row["key"] for row in rows]) if self.tables.shows_changes else None
        return {
            row["key"]: _Posted(
                _document(row, movements if movements is None else movements.get(row["key"], {})), row["digest"]
            )
            for row in rows
        }

    def _movements(self, connection: Connection, keys: Sequence[str]) -> dict[str, dict[str, object]]:
        """The rows of these keys as they are now: a person may have changed or copied one."""
        movement = self.tables.movement
        assert movement is not None
        columns = {name: movement.c[column] for name, column in self.tables.column_of.items()}
        key = columns["key"].label("there_key")
        others = [func.min(columns[name]).label(f"there_{name}") for name in _FIELDS[2:] if name in columns]
        summed = select(key, func.sum(columns["quantity"]).label("there_quantity"), *others)
        rows = connection.execute(summed.where(columns["key"].in_(keys)).group_by(columns["key"]))
        return {row.there_key: row._asdict() for row in rows}

    def _insert(self, connection: Connection, declarations: Sequence[Declaration], now: datetime) -> None:
        tables = self.tables
        # In order of key: two processes that post the same wait for each other, and never lock each other.
        ordered = sorted(declarations, key=lambda declaration: declaration.key)
        connection.execute(insert(tables.ledger), [ledger_row(declaration, now) for declaration in ordered])
        if tables.movement is not None:
            rows = [movement_row(tables.columns, declaration_fields(declaration, now)) for declaration in ordered]
            connection.execute(insert(tables.movement), rows)
        if tables.procedure is not None:
            for declaration in ordered:
                connection.execute(procedure_call(tables.procedure, declaration_fields(declaration, now))).close()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """One transaction. Turns the database's errors into TransientError and Rejection."""
        engine = self._database
        with self._connected(engine) as connection:
            try:
                with connection.begin():
                    if session := _SESSION.get(engine.dialect.name):
                        connection.execute(text(session))
                    yield connection
            except DBAPIError as error:
                raise self._error(error) from error

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
        """The engine, once aponta's own tables exist."""
        with self._connected(self.engine) as connection:
            try:
                with connection.begin():
                    for statement in self.tables.missing_statements(connection):
                        connection.execute(statement)
            except DBAPIError as error:
                if not _forbids(error):  # another process creates them now: posting goes on with the next pass
                    raise self._error(error) from error
                with connection.begin():
                    missing = self.tables.missing_statements(connection)
                    texts = [" ".join(str(statement.compile(connection)).split()) for statement in missing]
                facts = {"why": error_words(error), "statement": "; ".join(texts)}
                raise ConfigError("ship.sql_not_made", destination=self.name, **facts) from error
        return self.engine

    def _error(self, error: DBAPIError) -> Rejection | TransientError:
        if isinstance(error, IntegrityError | DataError) or _state(error)[:2] in _OF_THE_DATA:
            return Rejection("", error_words(error))
        if error.connection_invalidated or self.engine.dialect.name == "sqlite":  # the file is locked, or away
            return self._unreachable(error)
        return TransientError("ship.unsure", destination=self.name, why=error_words(error))

    def _unreachable(self, error: DBAPIError) -> TransientError:
        url = self.engine.url.set(query={})  # the query may have a password, too
        place = url.render_as_string(hide_password=True)
        return TransientError("ship.unreachable", destination=self.name, place=place, why=error_words(error))


def _state(error: DBAPIError) -> str:
    """SQLSTATE; empty where the driver has none."""
    number = error.orig.args[0] if error.orig and error.orig.args else None
    return "45000" if number == _SIGNAL else getattr(error.orig, "sqlstate", None) or ""


def _forbids(error: DBAPIError) -> bool:
    return _state(error) in _DENIED or bool(error.orig and _DENIED & {*error.orig.args[:1]})


def _document(row: dict[str, object], movement: dict[str, object] | None = None) -> StockDocument:
    """row: of the ledger. movement: as it is now, empty where a person deleted it; None: its changes do not show."""
    if movement is not None and movement.get("there_key") is None:
        return StockDocument(_decimal(row["quantity"]), str(row["reference"]), "cancelled")
    values = {name: (movement or {}).get(f"there_{name}", row[name]) for name in _FIELDS}
    return StockDocument(
        _decimal(values["quantity"]),
        str(row["reference"]),
        stock_code=None if values["stock_code"] is None else str(values["stock_code"]),
        location=None if values["location"] is None else str(values["location"]),
    )


def _decimal(number: object) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(str(number))
