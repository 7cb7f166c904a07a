"""The destination `tryton`: a production per declaration, exactly once by its reference, unique in the database.

rpc       Tryton by JSON-RPC: one session while it lasts
check     whether the database refuses a second production of a reference
document  a declaration as a production, and back
master    Tryton's master data: locations, products, units, lots
workflow  a production from any state to its end
sink      posts: creates productions that are absent, goes on with those that were begun
"""

from pathlib import Path

from aponta.config.sections.stock import StockSection
from aponta.ship.destinations.tryton.rpc import Rpc
from aponta.ship.destinations.tryton.sink import TrytonSink


def open_sink(destination: StockSection, url: str, folder: Path) -> TrytonSink:
    """`url`: scheme://user:password@server/database. Connects to nothing yet. Raises ConfigError."""
    return TrytonSink(destination, Rpc(destination.name, url))
