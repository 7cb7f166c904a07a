"""Run by test_kill.py. For n = FIRST, FIRST + STRIDE, ...: a child makes a pass and is killed (SIGKILL) at its n-th
step; another makes the pass again. Prints a line of JSON for each n, until a child lives to the end.

Steps are: before and after each commit of a Delta table, each commit of a database that wrote something, each file that
gets its name. SCENE says what lies there: `first` (a new factory), `later` (one that made a pass before) or `changed`
(one whose calendar and ideal cycles were changed since, and a late hour comes); `reassigned` (one where a person put a
product right since, and a late hour of that time comes) or `backfill` (one whose layout was mended since, and whose
files were asked for anew).
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import factory as small
from deltalake import DeltaTable
from deltalake.table import TableAlterer, TableOptimizer
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from aponta.config import load
from aponta.contract.reassignment import Reassignment
from aponta.factory_calendar import to_us
from aponta.lake import embedded
from aponta.pipeline.ledger import batches
from aponta.pipeline.restate import restatement
from aponta.usecases.correct import reassign
from aponta.usecases.correct.backfill import rehearse, waiting
from aponta.usecases.correct.retry import ask


def prepare(folder: Path, scene: str) -> None:
    factory = small.make(folder)
    hours = {hour: small.text("M01", small.steady(hour, 4)) for hour in range(4)}
    small.deliver(factory, small.name("M01", 0), hours[0])
    small.deliver(factory, small.name("M01", 1), hours[1] + b"garbage\r\n")
    small.deliver(factory, small.name("M01", 0, "_copy"), hours[0])
    small.deliver(factory, small.name("N01", 1), small.text("N01", small.steady(1, 4, quality="R", product="B")))
    if scene == "changed":
        undisturbed(small.run, factory)
        calendar = small.CALENDAR.replace("07:00", "08:10")
        factory = small.make(folder, calendar=calendar, ideal_cycles=small.CYCLES.replace("*,P,5", "*,P,90"))
        small.deliver(factory, small.name("M01", 2), hours[2])
    if scene == "reassigned":
        undisturbed(small.run, factory)
        hour = to_us(small.START)
        what = Reassignment(0, "M01", hour, hour + 3 * 3_600_000_000 - 1, "P", None, "Q", None)
        undisturbed(reassign.put, factory, what, "ana", "setup", lambda: small.WEEK_LATER)
        small.deliver(factory, small.name("M01", 2), hours[2])
    if scene == "backfill":
        undisturbed(small.run, factory)
        counted = small.FILES["layouts/counted.toml"].replace('null = ["", "-"]', 'null = ["", "-", "5"]')
        mended = small.make(folder, counted=counted.replace('A = "good"', 'A = "rework"'))
        day = (small.START, small.START + timedelta(days=1))
        undisturbed(lambda: ask(mended, rehearse(mended, lambda: small.WEEK_LATER, *day).changed, redecode="always"))
    if scene == "later":
        undisturbed(small.run, factory)
        small.deliver(factory, small.name("M01", 1), hours[1].replace(b";A;", b";R;"))  # a better version: no garbage
        small.deliver(factory, small.name("M01", 3), hours[3])
        small.deliver(factory, small.name("M01", 2), hours[2], written=9)  # the late hour comes in a batch of its own
        small.deliver(factory, small.name("M02", 2), b"", written=9)
        for hour in (2, 3):
            small.deliver(factory, small.name("N01", hour), b"# end 0\r\n", written=9)


def undisturbed(work: Callable[..., Any], *given: Any) -> Any:
    """In a child, for threads do not live through a fork. Returns what it gives, through JSON."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as answer:
            json.dump(work(*given), answer, default=str)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        told = answer.read()
    if os.waitpid(child, 0)[1] != 0:
        raise SystemExit(f"a pass that nobody killed failed: {given}")
    return json.loads(told)


def passed(folder: Path) -> dict[str, Any]:
    """A pass, and then all there is: each table's rows, stock, and the chain of receipts."""
    factory = load(folder)
    report = small.run(factory)
    while waiting(factory):  # a pass takes a batch of a backfill
        report = small.run(factory)
    assert not report.shipped.stopped, report.shipped.stopped
    stock = [[*place, float(quantity)] for place, quantity in sorted(small.on_hand(factory).items())]
    return small.everything(factory) | {"on hand": stock, "receipts": small.receipts(factory)}


def killed(folder: Path, n: int) -> str | None:
    """Makes a pass, to be killed at its n-th step. Returns at which, or None when it has not so many."""
    mark = folder / "died"
    child = os.fork()
    if child == 0:
        left = iter(range(n - 1))

        def step(where: str) -> None:
            if next(left, None) is None:
                mark.write_text(where)
                os.kill(os.getpid(), signal.SIGKILL)

        watch(step)
        small.run(load(folder))
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status == 0:
        return None
    if os.WTERMSIG(status) != signal.SIGKILL:
        raise SystemExit(f"the pass failed by itself before step {n}")
    return mark.read_text()


def watch(step: Callable[[str], None]) -> None:
    def around(owner: Any, name: str, label: Callable[..., str] = lambda *given, **more: "") -> None:
        inner = getattr(owner, name)

        @wraps(inner)
        def stepped(*given: Any, **more: Any) -> Any:
            where = f"{name} {label(*given, **more)}"
            step(f"before {where}")
            answer = inner(*given, **more)
            step(f"after {where}")
            return answer

        setattr(owner, name, stepped)

    around(DeltaTable, "create_write_transaction", lambda table, *_, **__: Path(table.table_uri).name)
    around(DeltaTable, "create", lambda path, *_, **__: Path(path).name)
    around(TableOptimizer, "compact")
    around(TableAlterer, "add_columns")
    around(Path, "replace", lambda _, to: to.name if len(to.name) < 40 else "raw file")
    wrote: set[int] = set()

    @event.listens_for(Engine, "before_cursor_execute")
    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA", "BEGIN")):
            wrote.add(id(connection.connection.dbapi_connection))

    inner = DefaultDialect.do_commit

    def do_commit(self: DefaultDialect, connection: Any) -> None:
        key = id(connection.dbapi_connection)
        writes = key in wrote
        wrote.discard(key)
        if writes:
            step("before commit")
        inner(self, connection)
        if writes:
            step("after commit")

    DefaultDialect.do_commit = do_commit


def main(folder: Path, scene: str, first: int, stride: int) -> None:
    batches.BATCH_FILES = 3  # several batches a pass
    restatement.AT_ONCE_HOURS = 2
    embedded.MANY_FILES = 1  # tables are tidied at once
    ready = folder / "ready"
    prepare(ready, scene)
    shutil.copytree(ready, folder / "undisturbed")
    expected = undisturbed(passed, folder / "undisturbed")
    for n in range(first, 1000, stride):
        here = folder / str(n)
        shutil.copytree(ready, here)
        where = killed(here, n)
        found = undisturbed(passed, here)
        differs = [name for name in expected if found[name] != expected[name]]
        sys.stdout.write(json.dumps({"n": n, "killed": where, "differs": differs}) + "\n")
        sys.stdout.flush()
        if where is None:
            return
        if not differs:
            shutil.rmtree(here)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
