"""Run by test_tryton_laws.py: a walk into a Tryton, a step after each request about productions was carried out."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from walk import ended, product, walk

from aponta.config.sections.stock import Locations, StockSection
from aponta.ops.database import connect, transaction
from aponta.ship.destinations import open_destination
from aponta.ship.drain import drain
from aponta.ship.outbox.destination import Destination
from aponta.ship.outbox.prepare import Fact, prepare_declarations

HOUR = datetime(2026, 3, 2, 10, tzinfo=UTC)
PRODUCTS = {"P": product("SKU-P", "un", 1), "B": product("SKU-B", "box", 12)}
FACTS = [Fact("M1", name, HOUR, quality, 50) for name in PRODUCTS for quality in ("good", "scrap")]
LOCATIONS = Locations(finished="SP1/finished", scrap="SP1/scrap")
DESTINATION = StockSection(kind="tryton", start=HOUR, locations=LOCATIONS)


def work(folder: Path, step) -> dict[str, object]:
    engine = connect(f"sqlite:///{folder}/ops.db")
    ask = stock.rpc.http.ask

    def asked(method, path, *, body, headers):
        answer = ask(method, path, body=body, headers=headers)
        if body["method"].startswith("model.production."):
            step()
        return answer

    target = Destination(DESTINATION, folder.name, UTC, {"M1": "finished"}, PRODUCTS)
    with transaction(engine) as connection:
        prepare_declarations(connection, target, [("M1", HOUR)], FACTS, HOUR)
    with patch.object(stock.rpc.http, "ask", asked):
        drain(engine, DESTINATION, stock, lambda: HOUR)
    return ended(engine, stock)


stock = open_destination(DESTINATION, sys.argv[2], Path(sys.argv[1]))
stock.check()  # once for all, and signed in
stock.check = lambda: None
walk(Path(sys.argv[1]), work, between=stock.rpc.http.close)  # parent and child each open a connection of their own
