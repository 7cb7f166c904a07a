"""The hour: 10 files, 10 MB, a cold process, from the landing folder to the stock system - against dlt, which only
loads them.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import aponta, fresh, in_turn, median, once, peak, ratio, simulated

ITEMS_PER_HOUR = "17000"  # with stops and breaks, files of 1 MB


def one_hour(work: Path) -> Path:
    """A factory whose landing folder holds one hour of ten machines."""
    folder = work / "hour"
    if not folder.exists():
        day = simulated(work / "day", "--days", "1", "--items-per-hour", ITEMS_PER_HOUR, "--seed", "3")
        shutil.copytree(day, folder)
        for file in (folder / "landing").glob("*.txt"):
            if not file.name.endswith("_07.txt"):
                file.unlink()
    return folder


def measure(work: Path) -> Iterator[str]:
    folder = one_hour(work)
    files = list((folder / "landing").glob("*.txt"))
    megabytes = sum(file.stat().st_size for file in files) / 1e6
    loaded = work / "dlt"

    def forget() -> None:
        shutil.rmtree(loaded, ignore_errors=True)

    dlt = [sys.executable, str(Path(__file__).with_name("peer_dlt.py")), str(folder / "landing"), str(loaded)]
    ours, theirs = in_turn(5, lambda: once(aponta("run", "-C", str(folder)), fresh(folder)), lambda: once(dlt, forget))
    yield f"hour   {len(files)} files, {megabytes:.1f} MB, cold: {median(ours):.2f} s, {peak(ours):.0f} MB at most"
    yield f"hour   dlt, filesystem to Delta: {median(theirs):.2f} s; ratio {ratio(ours, theirs):.2f}"
