"""The hour: 10 files, 10 MB, a cold process, from the landing folder to the stock system - against dlt, which only
loads them.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks import measure as measured
from benchmarks.measure import Turn, aponta, fresh, in_turn, median, once, peak, ratio, simulated

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

    def dlt(reader: str) -> Turn:
        peer = str(Path(__file__).with_name("peer_dlt.py"))
        return once([measured.PEERS, peer, str(folder / "landing"), str(loaded), reader], forget)

    ours, plain, arrow = in_turn(
        5,
        lambda: once(aponta("run", "-C", str(folder)), fresh(folder)),
        lambda: dlt("read_csv"),
        lambda: dlt("read_csv_duckdb"),
    )
    yield f"hour   {len(files)} files, {megabytes:.1f} MB, cold: {median(ours):.2f} s, {peak(ours):.0f} MB at most"
    yield f"hour   dlt to Delta by its read_csv: {median(plain):.2f} s; ratio {ratio(ours, plain):.2f}"
    yield f"hour   dlt to Delta by its read_csv_duckdb: {median(arrow):.2f} s; ratio {ratio(ours, arrow):.2f}"
