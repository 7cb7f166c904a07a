"""A simulated factory in the midst of a shift: what had come by then went through the pipeline."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aponta.config import Factory, load
from aponta.lab.folder import simulate
from aponta.pipeline.report import PassOptions
from aponta.pipeline.run import run_pass

NOW = datetime(2026, 3, 3, 17, 40, tzinfo=UTC)  # Tuesday, 14:40 in São Paulo: the second day of two
FAULTS = (  # such as leave something to see in few hours, each file as of the moment it came
    "corrected_version", "counter_restart", "cumulative", "duplicate", "garbage_rows", "late_hour", "lying_trailer",
    "renamed_copy", "swapped_names", "truncated_row",
)  # fmt: skip
PASSES = (datetime(2026, 3, 2, 22, 5, tzinfo=UTC), datetime(2026, 3, 3, 17, 1, tzinfo=UTC), NOW)


def make(folder: Path, **simulated: Any) -> Factory:
    """Writes the factory folder, with some faults of the lab."""
    simulate(folder, days=2, faults=FAULTS, **simulated)
    return load(folder)


def work(factory: Factory) -> None:
    """A pass at the end of the first day, one after the last full hour, one at NOW; each finds what had come."""
    landing, ahead = factory.folder / "landing", factory.folder / "ahead"
    landing.rename(ahead)
    for moment in PASSES:
        for path in [one for one in ahead.rglob("*.txt") if one.stat().st_mtime <= moment.timestamp()]:
            there = landing / path.relative_to(ahead)
            there.parent.mkdir(parents=True, exist_ok=True)
            path.rename(there)
        run_pass(factory, PassOptions(wait_for_young=False), clock=lambda moment=moment: moment)  # type: ignore[misc]
    shutil.rmtree(ahead)
