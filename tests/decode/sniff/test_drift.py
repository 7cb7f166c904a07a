"""Each way in which a machine's files may change: what is said of it, and a next version that reads them whole."""

import tomllib

import pytest

from aponta.contract.layout import Layout
from aponta.decode.sniff import sample_of_bytes
from aponta.decode.sniff.drift.drift import detect_drift, next_name
from aponta.decode.sniff.toml import layout_toml
from aponta.words import LANGUAGES, Words

PRESS = r"""
name = "press_v1"
version = 1
files = '(?P<machine>M\d\d)_(?P<hour>\d{8}_\d{2}).*\.txt'
hour = { from = "name:hour", format = "%Y%m%d_%H" }
[text]
encoding = "cp1252"
decimal = ","
[lines]
trailer = '^# fim registros=(?P<rows>\d+)'
comment = '^#'
[fields]
machine = { column = 1, check = ["name:machine"] }
counter = { column = 2 }
produced_at = { column = 3, format = "%d/%m/%Y %H:%M:%S" }
product = { column = 4 }
quality = { column = 5, map = { A = "good", R = "scrap" } }
cycle_s = { column = 6, scale = 0.01 }
[sensors]
temperature_c = { column = 7, range = [-20, 200] }
vibration_mm_s = { column = 8 }
"""
LATHE = r"""
name = "lathe_v1"
version = 1
files = '(?P<machine>M\d\d)_(?P<hour>\d{8}_\d{2})\.txt'
[text]
delimiter = ","
[lines]
header = '^stamp,'
[fields]
machine = { from = "name:machine" }
produced_at = { column = "stamp", format = "%Y-%m-%d %H:%M:%S" }
counter = { column = "serial" }
quality = { column = "result", map = { OK = "good", NOK = "scrap" } }
[sensors]
spindle_c = { column = "spindle_c" }
"""
ROWS = 20


def press(first=1, day="05/01/2026"):
    """Rows as lists of cells."""
    return [
        [
            "M01",
            str(first + n),
            f"{day} 07:{n:02}:00",
            ("PNL-20", "PNL-30")[n % 2],
            "AR"[n % 7 == 0],
            f"{6000 + n % 3},0",
            f"{68 + n % 4},{n % 10}7",
            f"2,9{n % 10}3",
        ]
        for n in range(ROWS)
    ]


def lathe(names="stamp,serial,result,spindle_c", first=1):
    rows = [
        [f"2026-01-05 07:{n:02}:00", str(first + n), ("OK", "NOK")[n % 5 == 0], f"4{n % 10}.{n % 7}"]
        for n in range(ROWS)
    ]
    return [names.split(","), *rows]


def text(rows, delimiter=";", trailer=True):
    told = "".join(delimiter.join(row) + "\r\n" for row in rows)
    return told + (f"# fim registros={len(rows)}\r\n" if trailer else "")


def drifted(layout, before, after, encoding="cp1252"):
    made = Layout.model_validate(tomllib.loads(layout))
    old = sample_of_bytes("M01_20260105_06.txt", before.encode("cp1252")) if before else None
    found = detect_drift(
        made, sample_of_bytes("M01_20260105_07.txt", after.encode(encoding)), old, "M01", "America/Sao_Paulo"
    )
    assert found.problem is None, found.problem
    if found.document:
        assert found.document["name"] == next_name(made.name)
        assert (found.proof.records, found.proof.quarantined) == (ROWS, 0)
        for language in LANGUAGES:
            Layout.model_validate(tomllib.loads(layout_toml(found.document, found.guesses, ["x"], Words(language))))
    return found


def said(found):
    return [Words("en").show(change.phrase) for change in found.changes]


def with_column(rows, at, values):
    return [[*row[: at - 1], values(n), *row[at - 1 :]] for n, row in enumerate(rows)]


WITH_AND_WITHOUT = pytest.mark.parametrize("before", [text(press()), None], ids=["before", "alone"])


@WITH_AND_WITHOUT
def test_nothing_changed(before):
    found = drifted(PRESS, before, text(press(21)))
    assert (found.changes, found.document) == ((), None)


@WITH_AND_WITHOUT
def test_the_decimal_mark(before):
    found = drifted(PRESS, before, text(press(21)).replace(",", "."))
    assert said(found) == ["decimal mark: , is now ."]


@WITH_AND_WITHOUT
def test_the_delimiter(before):
    found = drifted(PRESS, before, text(press(21), "\t"))
    assert said(found) == ["delimiter: ; is now TAB"]


def test_the_encoding():
    rows = [[*row[:3], "Peça", *row[4:]] for row in press(21)]
    assert said(drifted(PRESS, text(press()), text(rows), "utf-8")) == ["encoding: cp1252 is now utf-8"]
    assert said(drifted(PRESS, text(press()), text(rows), "utf-16")) == ["encoding: cp1252 is now utf-16"]


@WITH_AND_WITHOUT
def test_the_order_of_day_and_month(before):
    found = drifted(PRESS, before, text(press(21, "01/13/2026")))
    assert said(found) == ["times were written %d/%m/%Y %H:%M:%S, and are %m/%d/%Y %H:%M:%S"]


def test_an_order_that_nothing_proves_stays_as_it_was():
    assert drifted(PRESS.replace("%Y%m%d_%H", "%Y%m%d_%H"), text(press()), text(press(21, "02/03/2026"))).changes == ()


@WITH_AND_WITHOUT
def test_the_form_of_the_time(before):
    rows = [[*row[:2], f"2026-01-05T07:{n:02}:00.250", *row[3:]] for n, row in enumerate(press(21))]
    assert said(drifted(PRESS, before, text(rows))) == [
        "times were written %d/%m/%Y %H:%M:%S, and are %Y-%m-%dT%H:%M:%S.%f"
    ]


@pytest.mark.parametrize("at", [1, 2, 4, 6, 7, 9])
def test_a_column_more(at):
    found = drifted(PRESS, text(press()), text(with_column(press(21), at, lambda n: f"{900 + n % 5},5")))
    assert said(found) == [f"column {at} was added, as 900,5"]
    given = found.document
    assert [one["column"] for one in given["sensors"].values()] == [7 + (at <= 7), 8 + (at <= 8)]


def test_a_column_less():
    found = drifted(PRESS, text(press()), text([[*row[:6], row[7]] for row in press(21)]))
    assert said(found) == ["column 7 is gone (temperature_c)"]
    assert found.document["sensors"] == {"vibration_mm_s": {"column": 7}}


def test_columns_that_have_changed_places():
    found = drifted(PRESS, text(press()), text([[*row[:3], row[4], row[3], *row[5:]] for row in press(21)]))
    assert sorted(found.document["fields"][name]["column"] for name in ("product", "quality")) == [4, 5]
    assert found.document["fields"]["quality"]["column"] == 4
    assert any("is now" in one for one in said(found))


def test_a_column_that_is_called_otherwise():
    found = drifted(LATHE, text(lathe(), ",", False), text(lathe("stamp,serial,result,spindle_temp_c", 21), ",", False))
    assert said(found) == ["the column spindle_c is now called spindle_temp_c (spindle_c)"]
    assert found.document["sensors"]["spindle_c"]["column"] == "spindle_temp_c"


def test_the_first_column_is_called_otherwise():
    found = drifted(LATHE, text(lathe(), ",", False), text(lathe("moment,serial,result,spindle_c", 21), ",", False))
    assert "the column stamp is now called moment (produced_at)" in said(found)
    assert "header: ^stamp, is now ^moment," in said(found)


def test_a_named_column_more_and_one_less():
    rows = with_column(lathe(first=21), 3, lambda n: "load" if n == 0 else str(100 + n % 3))
    found = drifted(LATHE, text(lathe(), ",", False), text(rows, ",", False))
    assert said(found) == ["load was added, as 101"] or said(found) == ["column load was added, as 101"]
    rows = [row[:3] for row in lathe(first=21)]
    found = drifted(LATHE, text(lathe(), ",", False), text(rows, ",", False))
    assert said(found) == ["column spindle_c is gone (spindle_c)"]
    assert "spindle_c" not in found.document.get("sensors", {})


def test_several_changes_at_once():
    rows = with_column(press(21), 7, lambda n: f"{900 + n % 5},5")
    found = drifted(PRESS, text(press()), text(rows, "|").replace(",", "."), "utf-8")
    assert set(said(found)) == {"delimiter: ; is now |", "decimal mark: , is now .", "column 7 was added, as 900.5"}


def test_a_trailer_of_another_form():
    told = text(press(21), trailer=False) + f"# total: {ROWS}\r\n"
    assert said(drifted(PRESS, text(press()), told)) == [
        r"trailer: ^# fim registros=(?P<rows>\d+) is now ^# total: (?P<rows>\d+)"
    ]


def test_what_is_no_text_any_more():
    made = Layout.model_validate(tomllib.loads(PRESS))
    found = detect_drift(made, sample_of_bytes("M01_20260105_07.txt", b"\x00\x01\x02" * 50), None, "M01", "UTC")
    assert found.problem is not None and not found.changes


@pytest.mark.parametrize(
    ("name", "following"), [("press_v1", "press_v2"), ("press_v9", "press_v10"), ("lathe", "lathe_v2")]
)
def test_names_of_next_versions(name, following):
    assert next_name(name) == following


PAIRS = r"""
name = "logger_v1"
version = 1
files = '(?P<machine>M\d\d)_(?P<hour>\d{8}_\d{2})\.txt'
[text]
form = "pairs"
[fields]
machine = { from = "name:machine" }
produced_at = { key = "T", format = "%Y-%m-%d %H:%M:%S" }
counter = { key = "CNT" }
[sensors]
temp_c = { key = "temp" }
"""
FIXED = r"""
name = "terminal_v1"
version = 1
files = '(?P<machine>M\d\d)_(?P<hour>\d{8}_\d{2})\.txt'
[text]
form = "fixed"
[fields]
machine = { from = "name:machine" }
produced_at = { at = [1, 14], format = "%Y%m%d%H%M%S" }
counter = { at = [15, 20] }
product = { at = [21, 26] }
[sensors]
temp_c = { at = [27, 32] }
"""


def test_pairs():
    rows = "".join(f"T=2026-01-05 07:00:{n:02};CNT={n};temp=4{n % 10}.5\n" for n in range(ROWS))
    assert said(drifted(PAIRS, rows, rows)) == []
    assert said(drifted(PAIRS, rows, rows.replace("temp=", "heat="))) == ["the column temp is now called heat (temp_c)"]
    assert said(drifted(PAIRS, rows, rows.replace(";", "|"))) == ["delimiter: ; is now |"]
    assert said(drifted(PAIRS, rows, rows.replace("temp", "load=7;temp"))) == ["load was added, as 7"]


def test_fixed_width():
    def rows(width):
        return "".join(f"202601050700{n:02}{n:0{width}}P-{n % 2}   {40 + n:6.1f}\n" for n in range(ROWS))

    assert said(drifted(FIXED, rows(6), rows(6))) == []
    assert said(drifted(FIXED, rows(6), rows(8)))[0] == "characters 15-20 is now characters 15-22 (counter)"
