"""The destination `sql`: stock movements in any database that SQLAlchemy supports, SQLite by default.

tables  the ledger of posted keys; a movement as a row of aponta's own table, of a mapped one, or a procedure call
check   whether a person has set up everything before the first posting
sink    posts: a movement and its row in the ledger are one transaction, so a key is posted once
"""

from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from aponta.config.sections.stock import StockSection
from aponta.contract.clock import Clock, system_clock
from aponta.errors import ConfigError
from aponta.ship.destinations.sql.sink import SqlSink
from aponta.ship.destinations.sql.tables import tables_of

_CONNECT_S = 10  # a server that is switched off does not answer at all


def open_sink(destination: StockSection, url: str, folder: Path, clock: Clock = system_clock) -> SqlSink:
    """Connects to nothing yet. Raises ConfigError for an invalid URL, or one whose driver is not installed."""
    try:
        parsed = make_url(url)
        shown = f"{parsed.host}/{parsed.database}" if parsed.password else ""
        if "@" in shown:  # a password with an @: its rest would be shown as the server
            raise ArgumentError
        if parsed.drivername == "postgresql+psycopg" and "connect_timeout" not in parsed.query:
            parsed = parsed.update_query_dict({"connect_timeout": str(_CONNECT_S)})
        # No pool: two connections a pass cost little, and none is left to go stale between passes.
        engine = create_engine(parsed, poolclass=NullPool)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise ConfigError("ship.no_driver", destination=destination.name, driver=parsed.drivername) from None
    except (ArgumentError, ValueError):  # the latter: a port that is no number
        raise ConfigError("ship.bad_url", destination=destination.name) from None  # the URL may hold a password
    return SqlSink(destination.name, engine, clock, tables_of(destination.sql))
