"""Each part of the tests has a budget of time; who takes a fifth more fails."""

import os
import subprocess
import sys

import pytest
from budget import REFERENCE_S, SERVERS, TABLE, TOLERATED, Spent, budgets, part
from source import REPO

GATE_S = 20 * 60
CORES = 2
INSTALLED_S = 3 * 60  # what the gate needs before the tests begin
TO_COME = ("yield and access", "foreseen maintenance", "cloud and a cluster", "open data")
FOLDERS = {"tests": 10, "tests/show": 100, "tests/show/pages": 50}


def test_every_folder_of_tests_has_a_row_and_every_row_its_folder():
    given = budgets(TABLE.read_text(encoding="utf-8"))
    tests = {path.parent.relative_to(REPO).as_posix() for path in REPO.glob("tests/**/test_*.py")}
    assert {test for test in tests if part(f"{test}/", {one: 0 for one in given if one != "tests"}) is None} == {
        "tests"
    }
    assert {one for one in given if not any(f"{test}/".startswith(f"{one}/") for test in tests)} == {SERVERS}


def test_the_rows_leave_the_gate_its_twenty_minutes_and_each_capability_to_come_two():
    table = TABLE.read_text(encoding="utf-8")
    assert sum(budgets(table).values()) <= (GATE_S - INSTALLED_S) * CORES
    for capability in TO_COME:
        (row,) = (line for line in table.splitlines() if line.startswith("| ") and capability in line)
        assert int(row.split()[-2]) == 2 * 60 * CORES


def test_time_counts_for_the_innermost_row():
    found = [part(test, FOLDERS) for test in ("tests/show/pages/a.py::t", "tests/show/a.py::t", "tests/b.py::t", "x")]
    assert found == ["tests/show/pages", "tests/show", "tests", None]


@pytest.mark.parametrize(
    ("seconds", "slowness", "exceeded"),
    [(50, 1, False), (59, 1, False), (61, 1, True), (110, 2, False), (121, 2, True), (59, 0.5, False), (61, 0.5, True)],
)
def test_a_fifth_more_is_too_much_and_a_slower_computer_is_given_more(seconds, slowness, exceeded):
    spent = Spent(FOLDERS)
    spent.add("tests/show/pages/test_one.py::test", seconds - 10, REFERENCE_S * slowness)
    spent.add("tests/show/pages/test_one.py::test", 10, None)
    spent.add("tests/show/test_two.py::test", 1, REFERENCE_S * slowness)
    assert spent.exceeded() == (["tests/show/pages"] if exceeded else [])
    assert TOLERATED == 1.2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "code"),
    [("| `tests` | | 0 |", 1), ("| `tests` | | 9 |", 0), (f"| `tests` | | 9 |\n| `{SERVERS}` | | 0 |", 1)],
)
@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_run_fails_by_its_time_alone(tmp_path, row, code, workers):
    """Its own CPU, that of a process it waited for, that of a server in the end, and nothing else."""
    (tmp_path / "CONTRIBUTING.md").write_text(f"{row}\n", encoding="utf-8")
    support = tmp_path / "tests" / "support"
    support.mkdir(parents=True)
    (support / "budget.py").write_text((REPO / "tests/support/budget.py").read_text("utf-8"), encoding="utf-8")
    (tmp_path / "tests" / "test_one.py").write_text(
        "import pytest, subprocess, sys, time\nBURN = 'import time\\nwhile time.process_time() < 0.3: pass'\n"
        "@pytest.fixture(scope='session')\n"
        "def server():\n    with subprocess.Popen([sys.executable, '-c', BURN]):\n        yield\n"
        "def test_asks(server):\n    pass\n"
        "def test_passes():\n    subprocess.run([sys.executable, '-c', BURN], check=True)\n"
        "def test_waits():\n    time.sleep(0.1)\n",
        encoding="utf-8",
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-p", "budget", "-p", "no:cacheprovider", "-n", workers, "tests"]
    ran = subprocess.run(
        [*command, "-c", os.devnull, "--rootdir", tmp_path],
        env=environment | {"PYTHONPATH": str(support)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "3 passed" in ran.stdout, ran.stdout + ran.stderr
    assert (ran.returncode, "exceeded" in ran.stdout) == (code, bool(code)), ran.stdout
