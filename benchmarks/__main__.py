"""python -m benchmarks [NAME ...] [--work DIR] [--peers PYTHON]: those of ALL, or all without names."""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import decode, hour, large, measure, offline, start, tryton, viewers, week, year

ALL = {
    "start": start.measure,
    "hour": hour.measure,
    "week": week.measure,
    "year": year.measure,
    "offline": offline.measure,
    "viewers": viewers.measure,
    "decode": decode.measure,
    "large": large.measure,
    "tryton": tryton.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*ALL, []], help="which; all without")
    parser.add_argument("--work", type=Path, help="where simulated factories are kept between runs")
    # One of its own, so that aponta runs as it is installed.
    parser.add_argument("--peers", default=sys.executable, help="the Python that has dlt")
    given = parser.parse_args()
    measure.PEERS = given.peers
    with tempfile.TemporaryDirectory() as temporary:
        work = given.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        for name in given.names or ALL:
            for line in ALL[name](work):
                print(line, flush=True)


if __name__ == "__main__":
    main()
