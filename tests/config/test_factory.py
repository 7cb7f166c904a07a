"""The factory folder as a whole: what works, and errors that name file, row, key, value and the nearest key."""

from datetime import UTC, date, datetime

import pytest

from aponta.config import load
from aponta.errors import ConfigError
from aponta.words import LANGUAGES, Words


def refused(folder):
    """The error of loading the folder, whose words must stand in every language."""
    with pytest.raises(ConfigError) as raised:
        load(folder)
    for language in LANGUAGES:
        assert all(Words(language).error(raised.value))
    return raised.value


def test_a_small_factory(folder):
    factory = load(folder)
    assert list(factory.machines) == ["M01", "M02"]
    assert factory.machines["M01"].layout == "press_v1"
    assert factory.ideal_cycles[0].valid_from == date(2026, 1, 1)
    assert factory.settings.factory.timezone == "America/Sao_Paulo"
    assert factory.stock_start(factory.settings.stock[0]) == datetime(2026, 1, 1, 3, tzinfo=UTC)
    assert factory.ops_url == f"sqlite:///{(folder / 'data/ops.db').as_posix()}"


def test_ideal_cycles_and_calendar_may_be_absent(folder):
    (folder / "ideal_cycles.csv").unlink()
    (folder / "calendar.toml").unlink()
    factory = load(folder)
    assert (factory.ideal_cycles, factory.calendar.shift) == ((), ())


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "facts"),
    [
        (
            "aponta.toml",
            "site =",
            "sight =",
            "unknown_key",
            {"file": "aponta.toml", "key": "factory.sight", "nearest": "site"},
        ),
        ("aponta.toml", "[stock]", "[stok]", "unknown_key", {"key": "stok", "nearest": "stock"}),
        ("aponta.toml", "[factory]\n", "[factory]\npoll_secnds = 1\n", "unknown_key", {"nearest": "poll_seconds"}),
        ("aponta.toml", 'site = "SP1"\n', "", "missing_key", {"key": "factory.site"}),
        ("aponta.toml", '"SP1"', '"São Paulo 1"', "bad_key", {"key": "factory.site", "value": "'São Paulo 1'"}),
        (
            "aponta.toml",
            'site = "SP1"',
            'site = "SP1"\ntimezone = "America/Campinas"',
            "bad_key",
            {"key": "factory.timezone"},
        ),
        ("aponta.toml", "T00:00:00", "T00:30:00", "bad_key", {"key": "stock.start"}),
        ("aponta.toml", "[stock]", "[[stock]]\ndeclare = 'now'", "bad_key", {"key": "stock 1, declare"}),
        (
            "aponta.toml",
            "[stock]",
            "[stock]\nname = 'erp'\ndeclare = 'now'",
            "bad_key",
            {"key": 'stock "erp", declare'},
        ),
        ("aponta.toml", "[factory]", "[factory", "not_toml", {"file": "aponta.toml"}),
        (
            "calendar.toml",
            '"07:00"',
            '"7h"',
            "bad_key",
            {"file": "calendar.toml", "key": 'shift "1", start', "value": "'7h'"},
        ),
        ("calendar.toml", '"19:00"', '"24:30"', "bad_key", {"key": 'shift "1", end'}),
        ("calendar.toml", 'end = "19:00"', 'end = "19:00"\ndays = "seg-sex"', "bad_key", {"key": 'shift "1", days'}),
        (
            "calendar.toml",
            'end = "19:00"',
            'end = "19:00"\nbreaks = ["12:00"]',
            "bad_key",
            {"key": 'shift "1", breaks 1', "value": "'12:00'"},
        ),
        ("calendar.toml", "start =", "strt =", "unknown_key", {"key": 'shift "1", strt', "nearest": "start"}),
        (
            "layouts/press_v1.toml",
            "column = 1",
            "colunm = 1",
            "unknown_key",
            {"file": "press_v1.toml", "nearest": "column"},
        ),
        (
            "layouts/press_v1.toml",
            "version = 1",
            "version = 0",
            "bad_key",
            {"file": "press_v1.toml", "key": "version", "value": "0"},
        ),
        (
            "layouts/press_v1.toml",
            "column = 2, format = '%d/%m/%Y %H:%M:%S'",
            "column = 2",
            "missing_key",
            {"file": "press_v1.toml", "key": "fields.produced_at.format"},
        ),
        (
            "layouts/press_v1.toml",
            "machine = { column = 1 }",
            "machine = { column = 1, check = ['header:machine'] }",
            "bad_key",
            {"file": "press_v1.toml", "key": "fields.machine.check", "value": "['header:machine']"},
        ),
        ("layouts/press_v1.toml", "machine = {", "machin = {", "missing_key", {"key": "fields.machine"}),
        (
            "layouts/press_v1.toml",
            "[fields]",
            "[fields]\ncuonter = { column = 3 }",
            "unknown_key",
            {"key": "fields.cuonter", "nearest": "counter"},
        ),
        ("layouts/press_v1.toml", "column = 1", "column = 1.5", "bad_key", {"key": "fields.machine.column"}),
        (
            "machines.csv",
            "M02,Torno,L1,press_v1",
            "M02,Torno,L1,lathe_v9",
            "no_layout",
            {"machine": "M02", "layout": "lathe_v9", "known": "press_v1"},
        ),
        ("machines.csv", "M02", "M01", "twice", {"file": "machines.csv", "key": "machine", "value": "M01"}),
    ],
)
def test_an_error_says_where_and_what(folder, spoil, file, old, new, code, facts):
    spoil(file, old, new)
    error = refused(folder)
    assert error.code == f"config.{code}"
    assert error.facts | facts == error.facts


def test_a_layout_that_stands_twice(folder):
    (folder / "layouts" / "copy.toml").write_bytes((folder / "layouts" / "press_v1.toml").read_bytes())
    assert refused(folder).code == "config.twice"


@pytest.mark.parametrize("file", ["machines.csv", "products.csv"])
def test_a_missing_file(folder, file):
    (folder / file).unlink()
    assert refused(folder).facts == {"file": file}


def test_no_factory_folder(tmp_path):
    assert refused(tmp_path).code == "config.no_factory"


SECRET = "hunter2"
URL = f"postgresql://aponta:{SECRET}@db/stock"


@pytest.mark.parametrize(
    "stock",
    [
        f'[stock]\nurl = ["{URL}"]\n',
        f'[stock]\nulr = "{URL}"\n',
        f'[[stock]]\nurl = "{URL}"\n[[stock]]\nurl = "{URL}"\n',
        f'[stock]\nname = "a b"\nurl = "{URL}"\n',
        f'[stock]\nkind = "{URL}"\n',
        f'[ops]\nurl = 5\npassword = "{URL}"\n',
        f'stock = "{URL}"\n',
        'stock = "file:secret.txt"\n',
    ],
)
def test_a_secret_is_never_in_an_error(folder, spoil, stock):
    (folder / "secret.txt").write_text(URL)
    spoil("aponta.toml", "[stock]\nstart = 2026-01-01T00:00:00\n", "" if stock.startswith("stock") else stock)
    if stock.startswith("stock"):
        spoil("aponta.toml", "[factory]", stock + "[factory]")
    error = refused(folder)
    assert SECRET not in str(error)
    assert error.__cause__ is None and error.__suppress_context__  # a traceback would show it


def test_two_destinations_need_two_names(folder, spoil):
    spoil("aponta.toml", "[stock]", '[[stock]]\nname = "a"\n[[stock]]\nname = "a"')
    assert refused(folder).facts["key"] == "stock"


@pytest.mark.parametrize("place", [".", "data", "data/in", ".."])
def test_the_landing_folder_holds_nothing_of_aponta(folder, spoil, place):
    spoil("aponta.toml", "[stock]", f'[landing]\nfolders = ["{place}"]\n[stock]')
    assert refused(folder).code == "config.landing_holds_data"


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("stock", "close_after_minutes = inf"),
        ("stock", "close_after_minutes = 1e18"),
        ("landing", "poll_seconds = 1e18"),
        ("landing", "stable_seconds = inf"),
        ("lake", 'url = "s3://bucket/lake"'),
    ],
)
def test_values_that_nothing_could_work_with_are_refused(folder, spoil, section, line):
    spoil("aponta.toml", "[stock]", f"[stock]\n{line}" if section == "stock" else f"[{section}]\n{line}\n[stock]")
    assert refused(folder).code == "config.bad_key"
