"""What lies in a factory's folder when a pass is killed at each of its steps, and what a pass leaves."""

import shutil
import sys
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import factory as small
from steps import undisturbed

from aponta.config import load
from aponta.contract.reassignment import Reassignment
from aponta.factory_calendar import to_us
from aponta.lake import tidy
from aponta.pipeline.ledger import batches
from aponta.pipeline.restate import restatement
from aponta.usecases.correct import reassign
from aponta.usecases.correct.backfill import backfill_remaining, preview_backfill
from aponta.usecases.correct.retry import request_decode

SCENES = {
    "first": "a new factory",
    "later": "one that made a pass before; a better version of a file, and late hours",
    "changed": "one whose calendar and ideal cycles were changed since, and a late hour",
    "reassigned": "one where a person put a product right since, and a late hour of that time",
    "backfill": "one whose layout was mended since, and whose files were asked for anew",
}


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
        undisturbed(reassign.reassign, factory, what, "ana", "setup", lambda: small.WEEK_LATER)
        small.deliver(factory, small.name("M01", 2), hours[2])
    if scene == "backfill":
        undisturbed(small.run, factory)
        counted = small.FILES["layouts/counted.toml"].replace('null = ["", "-"]', 'null = ["", "-", "5"]')
        mended = small.make(folder, counted=counted.replace('A = "good"', 'A = "rework"'))
        day = (small.START, small.START + timedelta(days=1))
        undisturbed(
            lambda: request_decode(
                mended, preview_backfill(mended, lambda: small.WEEK_LATER, *day).changed, redecode="always"
            )
        )
    if scene == "later":
        undisturbed(small.run, factory)
        small.deliver(factory, small.name("M01", 1), hours[1].replace(b";A;", b";R;"))  # a better version: no garbage
        small.deliver(factory, small.name("M01", 3), hours[3])
        small.deliver(factory, small.name("M01", 2), hours[2], written=9)  # the late hour comes in a batch of its own
        small.deliver(factory, small.name("M02", 2), b"", written=9)
        for hour in (2, 3):
            small.deliver(factory, small.name("N01", hour), b"# end 0\r\n", written=9)


def passed(folder: Path) -> dict[str, Any]:
    """A pass, and then all there is: each table's rows, stock, and the chain of receipts."""
    factory = load(folder)
    report = small.run(factory)
    while backfill_remaining(factory):  # a pass takes a batch of a backfill
        report = small.run(factory)
    assert not report.shipped.stopped, report.shipped.stopped
    stock = [[*place, float(quantity)] for place, quantity in sorted(small.on_hand(factory).items())]
    return small.everything(factory) | {"on hand": stock, "receipts": small.receipts(factory)}


def begin(folder: Path, scene: str) -> tuple[Path, dict[str, Any]]:
    """The scene's folder, to copy; and what a pass that nobody disturbs leaves there."""
    batches.BATCH_FILES = 3  # several batches a pass
    restatement.AT_ONCE_HOURS = 2
    tidy.MANY_FILES = 1  # tables are tidied at once
    ready = folder / "ready"
    prepare(ready, scene)
    shutil.copytree(ready, folder / "undisturbed")
    expected, modules = undisturbed(lambda: (passed(folder / "undisturbed"), sorted(sys.modules)))
    for name in modules:  # loaded here once, not in each child anew
        with suppress(ImportError):
            import_module(name)
    return ready, expected


def differences(expected: dict[str, Any], folder: Path) -> list[str]:
    """Tables, stock or receipts that are others than expected once a pass was made in the folder."""
    left = undisturbed(passed, folder)
    return [name for name in expected if left[name] != expected[name]]
