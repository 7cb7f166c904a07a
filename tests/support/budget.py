"""A plugin of pytest: each part of the tests has a budget of time, in a table of CONTRIBUTING.md, and a run fails when
one takes a fifth more.

Time is CPU seconds of the tests and of the processes they waited for, so that what else runs on the computer counts for
little. A slower computer is given more: in between the tests each worker times a piece of work that is always the same.
"""

import hashlib
import json
import os
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import pytest

TABLE = Path(__file__).parents[2] / "CONTRIBUTING.md"
ROW = re.compile(r"^\| `(?P<folder>tests[\w/]*)` \|.*\| (?P<seconds>\d+) \|$", re.MULTILINE)
SERVERS = "tests/support/servers"  # the row of what is started once and ends with the last test
TOLERATED = 1.2
REFERENCE_S = 0.0065  # what `work` takes on the computer whose seconds the table counts
EVERY_S = 5.0


def budgets(table: str) -> dict[str, int]:
    """Folder of tests -> CPU seconds, as the table has them."""
    return {row["folder"]: int(row["seconds"]) for row in ROW.finditer(table)}


def part(test: str, folders: Mapping[str, int]) -> str | None:
    """The folder of the table that the test's time counts for: the innermost of those it is in."""
    return max((one for one in folders if test.startswith(f"{one}/")), key=len, default=None)


@dataclass
class Spent:
    """CPU seconds by part, and how long the same piece of work took in between."""

    folders: Mapping[str, int]
    seconds: dict[str, float] = field(default_factory=dict)
    timed: list[float] = field(default_factory=list)

    def add(self, test: str, seconds: float, timed: float | None) -> None:
        if (one := part(test, self.folders)) is not None:
            self.seconds[one] = self.seconds.get(one, 0.0) + seconds
        if timed is not None:
            self.timed.append(timed)

    @property
    def slowness(self) -> float:
        """Of this computer: 1 is the table's. One that is faster is given no less."""
        return max(1.0, median(self.timed) / REFERENCE_S) if self.timed else 1.0

    def exceeded(self) -> list[str]:
        """The parts that took a fifth more than the table gives them."""
        return [one for one, spent in self.seconds.items() if spent / self.slowness > self.folders[one] * TOLERATED]

    def lines(self) -> Iterator[str]:
        yield f"CPU seconds by part, of those in CONTRIBUTING.md; this computer takes {self.slowness:.2f} as long"
        for one in sorted(self.seconds):
            mark = "  exceeded" if one in self.exceeded() else ""
            yield f"{self.seconds[one] / self.slowness:8.1f} of {self.folders[one]:4}  {one}{mark}"
        yield f"{sum(self.seconds.values()) / self.slowness:8.1f} of {sum(self.folders.values()):4}  together"


def work() -> None:
    """As the tests' own work is: text, tables, sorting, a database."""
    rows = [{"machine": f"M{n % 7:02}", "at": n * 290.5, "quality": "ART"[n % 3]} for n in range(1500)]
    read = json.loads(json.dumps(rows))
    read.sort(key=lambda row: (row["quality"], -row["at"]))
    lines = "\n".join(";".join(map(str, row.values())) for row in read)
    hashlib.sha256(lines.encode()).hexdigest()
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE item (machine, at, quality)")
        database.executemany("INSERT INTO item VALUES (?, ?, ?)", [line.split(";") for line in lines.splitlines()])
        database.execute("SELECT machine, quality, count(*), max(at) FROM item GROUP BY 1, 2").fetchall()
    database.close()


def timed_work() -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def used() -> float:
    """CPU seconds of this process, and of those it started that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Meter:
    """In the process that runs the tests: puts to each report what its phase took."""

    def __init__(self) -> None:
        self.last = -EVERY_S

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
        self.began, self.is_last = used(), nextitem is None
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Iterator[None]:
        report = yield
        report.cpu_seconds, report.timed = used() - self.began, None
        report.of_servers = self.is_last and report.when == "teardown"
        if report.when == "teardown" and time.monotonic() - self.last > EVERY_S:
            self.last, report.timed = time.monotonic(), timed_work()
        self.began = used()
        return report


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Meter())
    if not hasattr(config, "workerinput") and "APONTA_SEARCH" not in os.environ:  # a search may take its time
        config.stash[SPENT] = Spent(budgets(TABLE.read_text(encoding="utf-8")))
        config.pluginmanager.register(Book(config.stash[SPENT]))


SPENT = pytest.StashKey[Spent]()


class Book:
    """In the process that the tests were asked of: adds the reports up, and fails."""

    def __init__(self, spent: Spent) -> None:
        self.spent = spent

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = f"{SERVERS}/" if getattr(report, "of_servers", False) else report.nodeid
        self.spent.add(test, getattr(report, "cpu_seconds", 0.0), getattr(report, "timed", None))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.spent.exceeded() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        whole = sum(self.spent.seconds.values()) > sum(self.spent.folders.values()) / 2
        if self.spent.exceeded() or whole:
            terminalreporter.section("time")
            for line in self.spent.lines():
                terminalreporter.write_line(line)
