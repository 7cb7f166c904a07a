"""The week: 600 files of ten machines in one pass, against a bare DuckDB that parses the same files and writes
Parquet.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import aponta, fresh, in_turn, median, once, peak, ratio, simulated

ITEMS_PER_HOUR = "17000"


def measure(work: Path) -> Iterator[str]:
    folder = simulated(work / "week", "--items-per-hour", ITEMS_PER_HOUR, "--seed", "4")
    files = list((folder / "landing").rglob("*.txt"))
    megabytes = sum(file.stat().st_size for file in files) / 1e6
    written = work / "bare"

    def forget() -> None:
        shutil.rmtree(written, ignore_errors=True)
        written.mkdir()

    bare = [sys.executable, str(Path(__file__).with_name("peer_duckdb.py")), str(folder / "landing"), str(written)]
    ours, theirs = in_turn(3, lambda: once(aponta("run", "-C", str(folder)), fresh(folder)), lambda: once(bare, forget))
    shutil.rmtree(folder / "data", ignore_errors=True)
    yield f"week   {len(files)} files, {megabytes:.0f} MB: {median(ours):.1f} s, {peak(ours):.0f} MB at most"
    yield f"week   bare DuckDB parse and write: {median(theirs):.1f} s; ratio {ratio(ours, theirs):.2f}"
