"""The destination `tryton`: a production a declaration, exactly once by its reference, which the database keeps unique.

rpc       Tryton by JSON-RPC: one session, kept while it lasts
sink      posts: makes what is absent, goes on with what was begun
document  a declaration as a production, and back
workflow  from whatever state a production is in to its end
master    what stands there beside: locations, products and their units, lots
guard     whether a reference is taken once only
"""

from pathlib import Path

from aponta.config.sections.stock import StockSection
from aponta.ship.destinations.tryton.rpc import Rpc
from aponta.ship.destinations.tryton.sink import TrytonSink


def open_sink(destination: StockSection, url: str, folder: Path) -> TrytonSink:
    """`url`: scheme://user:password@server/database. Nothing is connected to yet. Raises ConfigError."""
    return TrytonSink(destination, Rpc(destination.name, url))
