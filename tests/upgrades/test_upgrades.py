"""A folder that an earlier release left, stopped in the middle of a pass: this version says what it will do to it, goes
on from there, and every number is right.
"""

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import command_line
import httpx2 as httpx
import pytest
from releases import on_server, releases, summary, unpack
from source import PYTHONPATH, REPO
from verification import differences_of, on_hand, query_in_process

from aponta.config import load
from aponta.lab.truth.verify import verify_truth
from aponta.lake.schema import missing_columns
from aponta.ops.database import HEAD, REVISIONS
from aponta.refine.tables import all_tables
from aponta.words import Words

PAGES = {  # what a page shows of what the database alone holds
    "/api/stock/reconciliation?day=2026-03-02": '"kind":"missing"',
    "/api/stock": "PNL-99-XX",
    "/quarantine": "quarantine",
    "/completeness?day=2026-03-02": "M01",
    "/hours/M01/2026-03-02T10": "M01_20260302_07",
}
ENGLISH = command_line.spoken("en_US.UTF-8")


class Folder:
    """The command line of this version, in a factory folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        settings = folder / "aponta.toml"
        text = settings.read_text(encoding="utf-8").replace('language = "pt-BR"', 'language = "en"')
        settings.write_text(text, encoding="utf-8")

    def __call__(self, *arguments: str, code: int = 0) -> Any:
        """What it prints as JSON, or, where it does not end well, what it says."""
        done = command_line.aponta(*arguments, "--json", cwd=self.folder, environment=ENGLISH)
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout) if code < 2 and done.stdout else done.stderr

    def content(self) -> dict[str, str]:
        """Every file, but for the log and the marks of who works there."""
        files = (
            path
            for path in self.folder.rglob("*")
            if path.is_file() and not path.name.startswith(".pass") and path.parent.name != "logs"
        )
        return {
            path.relative_to(self.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
        }


@pytest.fixture(params=releases(), ids=lambda kept: kept.name)
def kept(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def aponta(kept: Path, tmp_path: Path) -> Folder:
    return Folder(unpack(kept, tmp_path / "factory"))


def goes_on(aponta: Folder) -> dict[str, Any]:
    """A pass takes up what was interrupted and what came, a second one finds nothing; then all is as the truth says."""
    first: dict[str, Any] = aponta("run", code=1)
    assert first["restated"] == [], "what its facts rest on is read as it was written"
    assert first["files"]["retried"] and first["files"]["new"] and first["stock"]["acknowledged"]
    second = aponta("run")
    assert second["files"]["seen"] == second["stock"]["prepared"] == 0
    assert second["upgraded"] == {"revisions": [], "copy": None, "columns": {}}
    verified = aponta("files", "verify")
    assert verified["faults"] == [] and verified["receipts"] > 100
    (holds,) = [one["number"] for one in aponta("reassign", "list") if one["undone_at"] is None]
    aponta("reassign", "undo", str(holds), "--yes")
    factory = load(aponta.folder)
    compared = verify_truth(factory.folder, partial(query_in_process, factory), lambda: on_hand(factory))
    assert len(compared) > 20 and differences_of(compared) == {}
    return first


def test_a_pass_goes_on_from_there(aponta: Folder, kept: Path) -> None:
    first = goes_on(aponta)
    revision = (kept / "ops.sql").read_text(encoding="utf-8").partition('"alembic_version" VALUES(\'')[2][:4]
    assert first["upgraded"]["revisions"] == list(REVISIONS[REVISIONS.index(revision) :])
    with closing(sqlite3.connect(aponta.folder / first["upgraded"]["copy"])) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [(revision,)]
        assert copy.execute("SELECT count(*) FROM batch WHERE finished_at IS NULL").fetchone() == (2,)
    reasons = [one["why"] for one in aponta("stock", "status")[0]["rejections"]]
    assert any(one.startswith("The product PNL-99-XX is not in products.csv") for one in reasons)


def test_on_a_server_too(aponta: Folder, postgres_database: str) -> None:
    on_server(aponta.folder, postgres_database)
    doctor = {one["check"]: one["says"] for one in aponta("doctor")}
    assert "pg_dump" in doctor["upgrade"]
    assert goes_on(aponta)["upgraded"]["copy"] is None


def test_the_doctor_says_what_will_be_done_and_does_nothing(aponta: Folder) -> None:
    before = aponta.content()
    findings = aponta("doctor")
    told = [one for one in findings if one["check"] == "upgrade"]
    assert [one["state"] for one in told] == ["warning"]
    assert f"to {HEAD}, and copies it to data/backups before" in told[0]["says"]
    assert not [one for one in findings if one["state"] == "bad"]
    assert aponta.content() == before


def test_the_page_shows_what_is_said() -> None:
    page = (REPO / "docs" / "how-to" / "upgrade.md").read_text(encoding="utf-8")
    words, facts = Words("en"), {"revision": "0001", "head": "0002"}
    assert words.say("cli.health.upgrade", **facts, copies="data/backups") in page
    assert words.say("cli.upgraded_in", **facts, copy="data/backups/ops-0001-20261201T103000Z.db") in page


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("stock", "status"),
        ("stock", "pause", "--why", "count"),
        ("reassign", "list"),
        ("files", "verify"),
        ("user", "list"),
        ("explain", "silver.items", "machine=M01"),
        ("sql", "SELECT * FROM gold.completeness"),
    ],
    ids=" ".join,
)
def test_other_commands_leave_it_as_it_is(tmp_path: Path, command: tuple[str, ...]) -> None:
    aponta = Folder(unpack(releases()[0], tmp_path / "factory"))
    before = aponta.content()
    said = aponta(*command, code=2)
    assert "made by an earlier aponta (revision 0001" in said and "aponta run" in said
    assert aponta.content() == before


def process(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "aponta.cli", *arguments, "--port", "0"],
        cwd=folder,
        env=ENGLISH | {"PYTHONPATH": PYTHONPATH, "PYTHONUNBUFFERED": "1"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


def test_pages_are_not_shown_of_it(aponta: Folder) -> None:
    before = aponta.content()
    with process(aponta.folder, "serve") as serve:
        try:
            assert "made by an earlier aponta" in serve.communicate(timeout=60)[1] and serve.returncode == 2
        finally:
            serve.kill()
    assert aponta.content() == before


def test_up_upgrades_it_and_shows_the_pages(aponta: Folder) -> None:
    with process(aponta.folder, "up") as up:
        try:
            assert up.stderr is not None
            assert "was upgraded from revision" in next(up.stderr)
            url = next(line for line in up.stderr if "http" in line).split()[1].rstrip(".")
            until = time.monotonic() + 60
            while not answers(url):
                assert up.poll() is None and time.monotonic() < until
                time.sleep(0.05)
            for page, shown in PAGES.items():
                answer = httpx.get(f"{url}{page}")
                assert answer.status_code == 200 and shown in answer.text, page
            up.send_signal(signal.SIGTERM)
            up.communicate(timeout=60)
            assert up.returncode == 0
        finally:
            up.kill()
    assert not [one for one in aponta("doctor") if one["check"] == "upgrade"]


def test_facts_can_be_read_before(aponta: Folder, kept: Path) -> None:
    """They are what the release itself read of them, row by row."""
    before = aponta.content()
    factory, facts = load(aponta.folder), json.loads((kept / "facts.json").read_text(encoding="utf-8"))
    assert len(facts) >= 12
    for table, held in facts.items():
        rows = query_in_process(factory, f"SELECT {', '.join(held['columns'])} FROM {table}")
        assert summary(rows) == held["machines"], table
    assert aponta.content() == before


def test_tables_have_only_gained_columns(aponta: Folder) -> None:
    """Whoever takes one out, or makes another kind of it, is refused; a new one is empty or has a default before."""
    factory = load(aponta.folder)
    gained = missing_columns(factory.lake_folder, all_tables(factory.sensors))
    for table, columns in gained.items():
        assert [one.name for one in columns if not one.null and one.default is None] == [], table


def stamp(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "data" / "ops.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()


def publish(folder: Path) -> None:
    path = folder / "data" / "lake" / "published.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))


def widen(folder: Path) -> None:
    path = folder / "data" / "lake" / "published.json"
    published = json.loads(path.read_text())
    published["tables"]["silver.items"]["columns"]["colour"] = "string"
    path.write_text(json.dumps(published))


def receive(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "data" / "ops.db")) as database:
        last = "number = (SELECT max(number) FROM receipt)"
        database.execute(f"UPDATE receipt SET body = json_set(body, '$.format', 99) WHERE {last}")
        database.commit()


@pytest.fixture(scope="module")
def current(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this release, with something to do."""
    aponta = Folder(unpack(releases()[0], tmp_path_factory.mktemp("current") / "factory"))
    aponta("run", "--to", "collect")
    return aponta.folder


@pytest.mark.parametrize(
    ("later", "line"),
    [
        (stamp, "was made by a newer aponta (revision 9999)"),
        (publish, "was written by a newer aponta (format 99; this one reads up to 1)"),
        (widen, "The table silver.items of this folder has the column colour, which this aponta does not know"),
        (receive, "The last receipt was written by a newer aponta (format 99; this one reads up to 1)"),
    ],
    ids=["revision", "published.json", "table", "receipts"],
)
def test_a_folder_of_a_later_release_is_refused_and_not_touched(
    current: Path, tmp_path: Path, later: Callable[[Path], None], line: str
) -> None:
    aponta = Folder(shutil.copytree(current, tmp_path / "factory"))
    later(aponta.folder)
    before = aponta.content()
    for command in (("run",), ("run", "--from", "ship")):
        assert line in aponta(*command, code=2)
    assert aponta.content() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork: no process to kill by steps")
def test_killed_at_any_step_it_is_right_afterwards(kept: Path, tmp_path: Path) -> None:
    script = [sys.executable, Path(__file__).with_name("killed_while_upgrading.py"), kept, tmp_path]
    environment = os.environ | {"PYTHONPATH": PYTHONPATH}
    done = subprocess.run(script, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line for line in lines if line["differs"]] == []
    *at, last = [line["killed"] for line in lines]
    assert last is None, "it walked to the end"
    for step in ("after replace ops-", "before commit", "after commit", "add_columns", "replace published.json"):
        assert any(step in where for where in at), step
