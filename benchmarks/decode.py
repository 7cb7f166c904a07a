"""Decoding clean files of each form, against DuckDB's read_csv of the same records as delimited text: as many threads,
every column and format told, the result in memory. Seconds of the work itself, without the start of a process.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.forms import WRITTEN, write
from benchmarks.measure import Turn, in_turn, itself, median, peak, ratio, simulated

THREADS = "2"
ITEMS_PER_HOUR = "17000"


def measure(work: Path) -> Iterator[str]:
    factory = simulated(work / "day", "--days", "1", "--items-per-hour", ITEMS_PER_HOUR, "--seed", "3")
    forms = work / "forms"
    write(factory, forms)
    os.environ["POLARS_MAX_THREADS"] = THREADS

    def theirs() -> Turn:
        peer = str(Path(__file__).with_name("peer_read_csv.py"))
        return itself([sys.executable, peer, str(forms / "delimited"), THREADS])

    def ours(form: str) -> Turn:
        told = (factory, forms / form, work / "staging")
        return itself([sys.executable, "-m", "benchmarks.decode_files", *map(str, told)])

    bare, *found = in_turn(7, theirs, *(lambda form=form: ours(form) for form in WRITTEN))
    megabytes = sum(file.stat().st_size for file in (forms / "delimited").iterdir()) / 1e6
    yield f"decode {megabytes:.0f} MB by DuckDB's read_csv: {median(bare):.2f} s, {peak(bare):.0f} MB at most"
    for form, turns in zip(WRITTEN, found, strict=True):
        told = f"{median(turns):.2f} s, {peak(turns):.0f} MB at most"
        yield f"decode {form}: {told}; speed {1 / ratio(turns, bare):.2f} of read_csv"
