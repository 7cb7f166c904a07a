"""A week offline: 10,000 files wait in the landing folder. What one of them costs to collect, against one of 100."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Turn, aponta, in_turn, median, once, peak

MANY, FEW = 10_000, 100
LONG_AGO = 1_767_607_200  # seconds since 1970


def waiting(folder: Path, files: int) -> Path:
    """A factory with so many files of 2 kB, made once."""
    if not folder.exists():
        subprocess.run(aponta("init", str(folder)), check=True)
        for number in range(files):
            path = folder / "landing" / f"M{number % 10:02d}" / f"{number:05d}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"%05d;" % number * 350)
            os.utime(path, (LONG_AGO, LONG_AGO))
    return folder


def measure(work: Path) -> Iterator[str]:
    folders = [waiting(work / f"waiting-{files}", files) for files in (MANY, FEW, 1)]

    def collected(folder: Path) -> Turn:
        return once(
            aponta("run", "-C", str(folder), "--to", "collect"),
            lambda: shutil.rmtree(folder / "data", ignore_errors=True),
        )

    many, few, one = in_turn(5, *(lambda folder=folder: collected(folder) for folder in folders))
    each_of_many, each_of_few = (
        (median(turns) - median(one)) / (files - 1) * 1000 for turns, files in ((many, MANY), (few, FEW))
    )
    yield f"offline  {MANY} files: {median(many):.2f} s, {peak(many):.0f} MB at most; of {FEW} {peak(few):.0f} MB"
    ratio = each_of_many / each_of_few
    yield f"offline  a file of {MANY}: {each_of_many:.2f} ms, of {FEW}: {each_of_few:.2f} ms; ratio {ratio:.2f}"
