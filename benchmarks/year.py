"""The hour into a lake that holds a year already (30,000 files), against the same hour into an empty one."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks.hour import one_hour
from benchmarks.measure import Turn, aponta, in_turn, median, once, peak, ratio, simulated

DAYS = "250"  # working days of twelve hours: 30,000 files of ten machines
START = "2025-02-24"  # so that the year ends before the hour's day
FEW = "60"  # items an hour: the number of files, commits and partitions is what a year costs


def measure(work: Path) -> Iterator[str]:
    year = simulated(work / "year", "--days", DAYS, "--items-per-hour", FEW, "--start", START, "--seed", "5")
    if not (year / "data").exists():
        subprocess.run(aponta("run", "-C", str(year)), check=True)
    hour = one_hour(work)
    full, empty = work / "full", work / "empty"

    def prepared(folder: Path, source: Path, data: bool) -> None:
        """The hour's files, dated after the year, in a copy of the factory."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in ("aponta.toml", "machines.csv", "products.csv", "ideal_cycles.csv", "calendar.toml", "layouts"):
            path = source / name
            (shutil.copytree if path.is_dir() else shutil.copyfile)(path, folder / name)
        shutil.copytree(hour / "landing", folder / "landing")
        if data:
            shutil.copytree(source / "data", folder / "data", copy_function=os.link)
            for database in (source / "data").glob("*.db*"):  # what is changed in place must be a copy
                (folder / "data" / database.name).unlink()
                shutil.copyfile(database, folder / "data" / database.name)

    def into(folder: Path, source: Path, data: bool) -> Turn:
        return once(aponta("run", "-C", str(folder)), lambda: prepared(folder, source, data))

    yearly, first = in_turn(5, lambda: into(full, year, True), lambda: into(empty, hour, False))
    yield f"year   the hour into a lake of 30,000 files: {median(yearly):.2f} s, {peak(yearly):.0f} MB at most"
    yield f"year   into an empty one: {median(first):.2f} s; ratio {ratio(yearly, first):.2f}"
