"""What is done only once a person typed yes at a terminal: here a real one, on which questions and answers meet."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import factory as small
import pytest
from command_line import aponta, spoken
from factory import copy_to, deliver, name, run, steady, text

from aponta.usecases.read.published import query

pty = pytest.importorskip("pty", reason="Windows has no such terminals")
DAY = ("2026-03-02", "2026-03-03")
WRONG = small.FILES["layouts/counted.toml"].replace('A = "good"', 'A = "scrap"')


@pytest.fixture(scope="module")
def misread(tmp_path_factory):
    """Good items that a layout called scrap; it was mended since."""
    factory = small.make(tmp_path_factory.mktemp("misread"), counted=WRONG)
    deliver(factory, name("M01", 0), text("M01", steady(0)))
    run(factory)
    (factory.folder / "layouts" / "counted.toml").write_text(small.FILES["layouts/counted.toml"], encoding="utf-8")
    return factory


@pytest.fixture
def factory(misread, tmp_path):
    return copy_to(misread, tmp_path)


def good(factory):
    (row,) = query(factory, "SELECT count(*)::INT AS n FROM silver.items WHERE quality = 'good'")
    return row["n"]


def backfill(factory, *arguments, types=None, language="en_US.UTF-8"):
    """Exit code, stdout, and what stood on the terminal. types: at it; without, there is none."""
    command = ["files", "backfill", *DAY, *arguments, "--folder", factory.folder]
    environment = spoken(language) | {"TERM": "dumb"}
    if types is None:
        done = aponta(*command, environment=environment)
        return done.returncode, done.stdout, done.stderr
    ours, theirs = pty.openpty()
    os.write(ours, types.encode())
    with ThreadPoolExecutor(1) as beside:
        shown = beside.submit(seen, ours)  # a terminal nobody reads from fills up
        with open(theirs) as keys, open(os.dup(theirs), "w", buffering=1) as screen:  # noqa: PTH123
            done = aponta(*command, environment=environment, stdin=keys, stderr=screen)
    os.close(ours)
    return done.returncode, done.stdout, shown.result()


def seen(terminal):
    """All that is written to it until its last writer is gone."""
    read = b""
    with suppress(OSError):  # so Linux tells that
        while more := os.read(terminal, 65536):
            read += more
    return read.decode()


@pytest.mark.parametrize("types", ["\n", "yesterday\n", "\x04"], ids=["return", "other words", "ctrl-d"])
def test_nothing_is_done_unless_a_person_types_yes(factory, types):
    code, stdout, shown = backfill(factory, types=types)
    assert (code, good(factory)) == (1, 0)
    assert "12 items would come, go or change" in stdout and "Do it? [y/N]" in shown


def test_typed_it_is_done(factory):
    code, stdout, shown = backfill(factory, types="Yes\n")
    assert (code, good(factory)) == (0, 12)
    assert "Do it? [y/N]" in shown and "1 file decoded again" in stdout + shown


def test_in_the_language_of_who_is_asked(factory):
    code, _, shown = backfill(factory, types="sim\n", language="pt_BR.UTF-8")
    assert (code, good(factory)) == (0, 12) and "Fazer isso? [s/N]" in shown


def test_without_a_terminal_nobody_is_asked(factory):
    code, _, shown = backfill(factory)
    assert (code, good(factory)) == (1, 0) and "--yes" in shown and "Do it?" not in shown


def test_who_wants_a_document_is_not_asked_at_a_terminal_either(factory):
    code, stdout, _ = backfill(factory, "--json", types="y\n")
    assert (code, good(factory)) == (1, 0) and '"done": false' in stdout
