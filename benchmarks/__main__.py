"""python -m benchmarks [hour|week|year|start] ... [--work DIR]: all of them without names."""

import argparse
import tempfile
from pathlib import Path

from benchmarks import hour, start, week, year

ALL = {"start": start.measure, "hour": hour.measure, "week": week.measure, "year": year.measure}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*ALL, []], help="which; all without")
    parser.add_argument("--work", type=Path, help="where simulated factories are kept between runs")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = given.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        for name in given.names or ALL:
            for line in ALL[name](work):
                print(line, flush=True)


if __name__ == "__main__":
    main()
