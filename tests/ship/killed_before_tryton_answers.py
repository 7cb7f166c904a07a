"""Run by test_tryton_laws.py. For n = 1, 2, ...: a child prepares and drains into a Tryton, and is killed (SIGKILL)
once its n-th request about productions was carried out. Then the work is done again. Prints a line of JSON for each n,
until a child lives to the end.
"""

import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from sqlalchemy import func, select

from aponta.config.stock_section import Locations, StockSection
from aponta.ops.database import connect, transaction
from aponta.ops.stock_tables import outbox
from aponta.ship import sink
from aponta.ship.drain import drain
from aponta.ship.outbox import Fact, prepare

HOUR = datetime(2026, 3, 2, 10, tzinfo=UTC)
PRODUCTS = {
    "P": SimpleNamespace(stock_code="SKU-P", unit="un", pieces_per_unit=1),
    "B": SimpleNamespace(stock_code="SKU-B", unit="box", pieces_per_unit=12),
}
FACTS = [Fact("M1", product, HOUR, quality, 50) for product in "PB" for quality in ("good", "scrap")]
LOCATIONS = Locations(finished="SP1/finished", scrap="SP1/scrap")
DESTINATION = StockSection(kind="tryton", start=HOUR, locations=LOCATIONS)


def work(folder: Path, stock, step) -> dict[str, object]:
    engine = connect(f"sqlite:///{folder}/ops.db")
    ask = stock.rpc.http.ask

    def asked(method, path, *, body, headers):
        answer = ask(method, path, body=body, headers=headers)
        if body["method"].startswith("model.production."):
            step()
        return answer

    with transaction(engine) as connection:
        prepare(connection, DESTINATION, folder.name, UTC, [("M1", HOUR)], FACTS, {"M1": "finished"}, PRODUCTS, HOUR)
    with patch.object(stock.rpc.http, "ask", asked):
        drain(engine, DESTINATION, stock, lambda: HOUR)
    with engine.connect() as connection:
        states = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state)).all()
    return {
        "on_hand": [[code, place, int(n)] for code, place, n in stock.on_hand()],
        "states": [list(row) for row in states],
    }


def killer(n: int):
    left = iter(range(n - 1))

    def step() -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def main(folder: Path, url: str) -> None:
    stock = sink(DESTINATION, url, folder)
    stock.check()  # once for all, and signed in
    stock.check = lambda: None
    for n in range(1, 100):
        here = folder / f"S{n}"
        here.mkdir()
        stock.rpc.http.close()  # parent and child each open a connection of their own
        child = os.fork()
        if child == 0:
            work(here, stock, killer(n))
            os._exit(0)
        killed = os.waitpid(child, 0)[1] != 0
        sys.stdout.write(json.dumps({"n": n, "killed": killed} | work(here, stock, lambda: None)) + "\n")
        if not killed:
            return


main(Path(sys.argv[1]), sys.argv[2])
