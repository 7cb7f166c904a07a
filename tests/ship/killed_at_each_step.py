"""Run by test_kill.py: a walk whose steps are before each call of the sink, after each post, and before each commit of
either database.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import event
from walk import ended, product, walk

from aponta.config.sections.stock import StockSection
from aponta.ops.database import connect, transaction
from aponta.ship.destinations import open_destination
from aponta.ship.drain import drain
from aponta.ship.outbox.destination import Destination
from aponta.ship.outbox.prepare import Fact, prepare_declarations

HOUR = datetime(2026, 3, 2, 10, tzinfo=UTC)
PRODUCTS = {"P": product("P", "pc", 1), "B": product("B", "box", 12)}
FACTS = [Fact("M1", name, HOUR, quality, 50) for name in PRODUCTS for quality in ("good", "scrap")]


class Stepped:
    def __init__(self, inner, step):
        self.name, self.inner, self.step = inner.name, inner, step

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def look_up(self, keys):
        self.step()
        return self.inner.look_up(keys)

    def post(self, declarations):
        self.step()
        posted = self.inner.post(declarations)
        self.step()
        return posted


def work(folder: Path, step) -> dict[str, object]:
    engine = connect(f"sqlite:///{folder}/ops.db")
    destination = StockSection(start=HOUR)
    stock = open_destination(destination, f"sqlite:///{folder}/stock.db", folder)
    for database in (engine, stock.engine):
        event.listen(database, "commit", lambda _: step())  # before the commit
    target = Destination(destination, "S", UTC, {"M1": "finished"}, PRODUCTS)
    with transaction(engine) as connection:
        prepare_declarations(connection, target, [("M1", HOUR)], FACTS, HOUR)
    drain(engine, destination, Stepped(stock, step), lambda: HOUR, batch=3)
    return ended(engine, stock)


walk(Path(sys.argv[1]), work)
