"""Run by test_kill.py. For n = 1, 2, ...: a child prepares and drains, and is killed (SIGKILL) at its n-th step.

Steps are: before each call of the sink, after each post, before each commit of either database. Then the work is done
again. Prints a line of JSON for each n, until a child lives to the end.
"""

import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import event, func, select

from aponta.config.stock_section import StockSection
from aponta.ops.database import connect, transaction
from aponta.ops.stock_tables import outbox
from aponta.ship import sink
from aponta.ship.drain import drain
from aponta.ship.outbox import Fact, prepare

HOUR = datetime(2026, 3, 2, 10, tzinfo=UTC)


class Product:
    def __init__(self, stock_code, unit, pieces_per_unit):
        self.stock_code, self.unit, self.pieces_per_unit = stock_code, unit, pieces_per_unit


PRODUCTS = {"P": Product("P", "pc", 1), "B": Product("B", "box", 12)}
FACTS = [Fact("M1", product, HOUR, quality, 50) for product in "PB" for quality in ("good", "scrap")]


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
    stock = sink(destination, f"sqlite:///{folder}/stock.db", folder)
    for database in (engine, stock.engine):
        event.listen(database, "commit", lambda _: step())  # before the commit
    with transaction(engine) as connection:
        prepare(connection, destination, "S", UTC, [("M1", HOUR)], FACTS, {"M1": "finished"}, PRODUCTS, HOUR)
    drain(engine, destination, Stepped(stock, step), lambda: HOUR, batch=3)
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


def main(folder: Path) -> None:
    for n in range(1, 200):
        here = folder / str(n)
        here.mkdir()
        child = os.fork()
        if child == 0:
            work(here, killer(n))
            os._exit(0)
        killed = os.waitpid(child, 0)[1] != 0
        sys.stdout.write(json.dumps({"n": n, "killed": killed} | work(here, lambda: None)) + "\n")
        if not killed:
            return


main(Path(sys.argv[1]))
