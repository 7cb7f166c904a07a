"""Work that is killed at each of its steps in turn, and then done again: for scripts that a test runs.

For n = 1, 2, ...: a child works, and is killed (SIGKILL) at its n-th step; then the work is done again, and a line of
JSON tells how it ended. Until a child lives to the end.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Engine, func, select

from aponta.ops.stock_tables import outbox

Step = Callable[[], None]
Work = Callable[[Path, Step], dict[str, Any]]


def walk(folder: Path, work: Work, between: Step = lambda: None) -> None:
    """Each round has a folder of its own; `between` is called before each child is born."""
    for n in count(1):
        here = folder / f"S{n}"
        here.mkdir()
        between()
        child = os.fork()
        if child == 0:
            work(here, _killer(n))
            os._exit(0)
        killed = os.waitpid(child, 0)[1] != 0
        sys.stdout.write(json.dumps({"n": n, "killed": killed} | work(here, lambda: None)) + "\n")
        if not killed:
            return


def product(stock_code: str, unit: str, pieces_per_unit: int) -> Any:
    """One of products.csv."""
    return SimpleNamespace(stock_code=stock_code, unit=unit, pieces_per_unit=pieces_per_unit)


def ended(engine: Engine, stock: Any) -> dict[str, Any]:
    """What is in stock, and how many declarations are in which state."""
    with engine.connect() as connection:
        states = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state)).all()
    return {
        "on_hand": [[code, place, int(quantity)] for code, place, quantity in stock.on_hand()],
        "states": [list(row) for row in states],
    }


def _killer(n: int) -> Step:
    left = iter(range(n - 1))

    def step() -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    return step
