"""One file of 200 MB, of 2 GB: the peak of memory while it is taken and decoded, and of the rest of the pass."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.measure import aponta, fresh, once, simulated

ROWS = 100_000  # written at a time
BEGINS = datetime(2026, 3, 2, 7)
EACH = timedelta(milliseconds=250)


def factory(work: Path, megabytes: int) -> Path:
    """A factory whose landing folder holds one file of so many MB, of one machine that made four items a second."""
    folder = work / f"large-{megabytes}"
    if not folder.exists():
        simulated(folder, "--days", "1", "--machines", "1", "--items-per-hour", "60", "--seed", "3")
        for path in (folder / "landing").iterdir():
            path.unlink()
        name = "M01_20260302_07.txt"
        with (folder / name).open("w", encoding="cp1252", newline="") as file:
            number = 0
            while file.tell() < megabytes * 1_000_000:
                file.writelines(map(_row, range(number, number + ROWS)))
                number += ROWS
        (folder / name).rename(folder / "landing" / name)
    return folder


def _row(number: int) -> str:
    at = (BEGINS + number * EACH).isoformat(timespec="milliseconds")
    quality = "R" if number % 50 == 0 else "A"
    told = f"{at[8:10]}/{at[5:7]}/{at[:4]} {at[11:]};FRG-22-AL;{quality};{20 + number % 9},{number % 10}"
    return f"M01;{number};{told};{40 + number % 17},{number % 97:02d};2,{number % 991:03d}\r\n"


def measure(work: Path) -> Iterator[str]:
    for megabytes in (200, 2000):
        folder = factory(work, megabytes)
        decoding = once(aponta("run", "-C", str(folder), "--to", "decode"), fresh(folder))
        rest = once(aponta("run", "-C", str(folder)))
        shutil.rmtree(folder / "data")
        yield f"large  a file of {megabytes} MB taken and decoded: {decoding.seconds:.0f} s, {decoding.peak_mb:.0f} MB"
        yield f"large  and the rest of the pass: {rest.seconds:.0f} s, {rest.peak_mb:.0f} MB at most"
