"""Layouts written by hand from what their samples show, and what is made of the samples: field by field the same."""

import re
import tomllib
import zlib

import pytest
from snippets import File, snippets
from source import REPO

from aponta.contract.layout import Layout
from aponta.decode.sniff import propose_layout, sample_of_bytes

NAMED = r"""
name = "made"
version = 1
files = '(?P<machine>M\d\d)_(?P<hour>\d{8}_\d{2}).*\.txt'
hour = { from = "name:hour", format = "%Y%m%d_%H" }
"""
NAME = "M01_20260105_07.txt"
AT = "2026-01-05 07:00:"


def sniffed(files, name="made", zone=None):
    """bytes, or bytes by name."""
    files = files if isinstance(files, dict) else {NAME: files}
    found = propose_layout(
        [sample_of_bytes(one.rpartition("/")[2], data, one.rpartition("/")[0]) for one, data in files.items()],
        name,
        zone,
    )
    assert found.problem is None, found.problem
    return found


def same(found, toml, others=()):
    """Names of files are found alike; all else is the same, but for ranges, which no sample shows. others: names that
    neither pattern may fit.
    """
    expected = Layout.model_validate(tomllib.loads(toml))
    for one in found.samples:
        assert found.layout.match(one.name, one.folder) == expected.match(one.name, one.folder) is not None
    assert not any(re.search(found.layout.files, name, re.IGNORECASE) for name in others)
    mine, theirs = (one.model_dump(exclude_none=True) for one in (found.layout, expected))
    for part in ("text", "lines", "fields", "hour", "long"):
        assert mine.get(part) == theirs.get(part), part
    without = {name: one.model_copy(update={"range": None}) for name, one in expected.sensors.items()}
    assert found.layout.sensors == without


def rows(*told, end="\r\n"):
    return "".join(f"{row}{end}" for row in told)


def test_the_press_of_the_example():
    """Its quality T is in no row, nor is a word for nothing; what its sensors measure nothing tells."""
    path = next((REPO / "examples" / "small-factory" / "landing").iterdir())
    found = sniffed({path.name: path.read_bytes()}, "press_v1")
    told = (REPO / "examples" / "small-factory" / "layouts" / "press_v1.toml").read_text(encoding="utf-8")
    told = told.replace(', T = "rework"', "").replace('["", "-", "NaN"]', '[""]')
    same(
        found,
        told.replace("temperature_c ", "press_v1_7 ").replace("vibration_mm_s ", "press_v1_8 "),
        ["x.csv", "M1.txt"],
    )
    (refused,) = found.proof.refused
    assert (refused.row_no, refused.column, found.proof.records) == (7, "cycle_s", 11)


def test_the_lathe_of_the_how_to():
    page = (REPO / "docs" / "how-to" / "add-a-layout.md").read_text(encoding="utf-8")
    files = {one.name: one.text for one in snippets(page) if isinstance(one, File)}
    name = next(name for name in files if name.startswith("T01"))
    found = sniffed({name: files[name].encode()}, "lathe_v1")
    same(found, files["layouts/lathe_v1.toml"])
    assert (found.proof.records, found.proof.quarantined) == (3, 0)


def test_codes_before_a_counter_are_columns_and_not_keys_of_pairs():
    """Code, counter, product, temperature: in turn like keys and values, but the counter goes on below every code."""
    codes, products = ("OK", "OK", "NOK"), ("Part 1", "Part 2", "Piston")
    data = rows(*(f"13/01/2026 07:{n:02}:00;{codes[n % 3]};{n};{products[n % 3]};4{n}.0" for n in range(8)))
    found = sniffed(data.encode())
    places = {name: found.layout.fields[name].column for name in ("produced_at", "quality", "counter", "product")}
    assert places == {"produced_at": 1, "quality": 2, "counter": 3, "product": 4}


def test_quotes_brackets_and_wrapped_rows():
    told = rows(
        "DATE,PART,CNT[1,3]",
        f"{AT}01,P,1",
        f'"{AT}02","P, big",2',
        f"{AT}03,P",
        " ,3",
        f"{AT}04,Q,4",
        f"{AT}05,Q,5",
        f"{AT}06,Q,6",
    )
    found = sniffed(told.encode())
    same(
        found,
        NAMED
        + """
[text]
encoding = "cp1252"
delimiter = ","
quote = '"'
brackets = "[]"
[lines]
header = '^DATE,'
continuation = '^ '
[fields]
machine = { from = "name:machine" }
produced_at = { column = "DATE", format = "%Y-%m-%d %H:%M:%S" }
product = { column = "PART" }
counter = { column = "CNT[1,3]" }
""",
    )
    assert (found.proof.records, found.proof.quarantined) == (6, 0)


def test_rows_on_top_that_say_nothing_and_a_time_in_two_columns():
    told = rows(
        "Model\tDX",
        "Language\tPT",
        "Date\tTime\tCount",
        *(f"2026/01/05\t07:00:0{second}\t{second}" for second in range(6)),
        end="\n",
    )
    same(
        sniffed(told.encode()),
        NAMED
        + """
[text]
delimiter = "\\t"
[lines]
skip = 2
header = '^Date\\t'
[fields]
machine = { from = "name:machine" }
produced_at = { columns = [1, 2], format = "%Y/%m/%d %H:%M:%S" }
counter = { column = "Count" }
""".replace("'^Date\\t'", "'^Date\t'"),
    )


def test_fixed_width():
    """The kind of row stands first: 0 above, 1 of records, 9 below."""
    told = rows(
        "0MAQ M01 SERIE 77",
        "100000105012026070001Peça 1  B  68,5",
        "100000205012026070011Peça 1  R  68,7",
        "100000305012026070021Peça 2  B 101,0",
        "100000405012026070031Peça 2  B  69,1",
        "100000505012026070041Peça 1  B  -1,0",
        "0FIM DO TURNO",
        "100000605012026070055Peça 1  B  70,0",
    )
    same(
        sniffed(told.encode("cp1252")),
        NAMED
        + """
[text]
form = "fixed"
encoding = "cp1252"
decimal = ","
[lines]
comment = '^0'
[fields]
machine = { from = "name:machine" }
counter = { at = [2, 7] }
produced_at = { at = [8, 21], format = "%d%m%Y%H%M%S" }
product = { at = [22, 29] }
quality = { at = [30, 30], map = { B = "good", R = "scrap" } }
[sensors]
made_6 = { at = [31, 36] }
""",
    )


def test_pairs():
    told = rows(*(f"T={AT}0{n};CNT={n};Q=OK;temp_c={60 + n}.5" for n in range(1, 7)), end="\n")
    found = sniffed((told + f"CNT=7;T={AT}09;temp_c=-;Q=NOK\n").encode())
    same(
        found,
        NAMED
        + """
[text]
form = "pairs"
null = ["", "-"]
[fields]
machine = { from = "name:machine" }
produced_at = { key = "T", format = "%Y-%m-%d %H:%M:%S" }
counter = { key = "CNT" }
quality = { key = "Q", map = { OK = "good", NOK = "scrap" } }
[sensors]
temp_c = { key = "temp_c" }
""",
    )
    assert (found.proof.records, found.proof.quarantined) == (7, 0)


def test_keys_and_values_that_alternate():
    told = ["2026-01-05T10:00:00Z|avail|AVAILABLE|program|O1000"]
    for number in range(1, 8):
        told += [
            f"2026-01-05T10:00:{number:02}.5Z|load_pct|{50 + number}",
            f"2026-01-05T10:00:{number:02}Z|PartCount|{number}|load_pct|{60 + number}",
        ]
    same(
        sniffed(rows(*told, "2026-01-05T10:00:09Z|program|O2000", end="\n").encode()),
        NAMED.replace('_%H"', '_%H"')
        + """
[text]
form = "pairs"
delimiter = "|"
pair = "|"
[fields]
machine = { from = "name:machine" }
produced_at = { column = 1, format = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"] }
counter = { key = "PartCount" }
product = { key = "program" }
[sensors]
load_pct = { key = "load_pct" }
[long]
record_when = "PartCount"
""",
    )


def test_one_value_a_row():
    told = ["time;tag;value"]
    for number in range(1, 6):
        told += [f"{AT}{number:02};ok;{number % 2}", f"{AT}{number:02};height.count;{number}"]
    same(
        sniffed(rows(*told, end="\n").encode()),
        NAMED
        + """
[text]
form = "long"
[lines]
header = '^time;'
[fields]
machine = { from = "name:machine" }
produced_at = { column = "time", format = "%Y-%m-%d %H:%M:%S" }
counter = { key = "height.count" }
quality = { key = "ok", map = { 1 = "good", 0 = "scrap" } }
[long]
tag = "tag"
value = "value"
record_when = "height.count"
""",
    )


def test_a_trailer_with_sum_and_checksum():
    above = rows("stamp;serial;pieces", *(f"{AT}0{n};{n};{n % 3 + 1}" for n in range(1, 7))).encode()
    found = sniffed(above + f"END 6 12 {zlib.crc32(above):08x}\r\n".encode())
    same(
        found,
        NAMED
        + r"""
[text]
encoding = "cp1252"
[lines]
header = '^stamp;'
trailer = '^END (?P<rows>\d+) (?P<sum_pieces>\S+) (?P<checksum>[0-9A-Fa-f]+)'
checksum = "crc32"
[fields]
machine = { from = "name:machine" }
produced_at = { column = "stamp", format = "%Y-%m-%d %H:%M:%S" }
counter = { column = "serial" }
pieces = { column = "pieces" }
""",
    )
    assert [file.trailer for file in found.proof.files] == ["right"]


def test_since_the_hour_of_the_name():
    same(
        sniffed(rows("250", "402100", "1800500", "3599999", end="\n").encode()),
        NAMED
        + """
[fields]
machine = { from = "name:machine" }
produced_at = { column = 1, format = "hour_ms" }
""",
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp850", "cp1252", "utf-8", "utf-8-sig"])
def test_encodings(encoding):
    told = rows(*(f"{n};05/01/2026 07:00:0{n};Peça nº {n % 2};REFUGO;1,5" for n in range(1, 8)))
    found = sniffed(told.encode(encoding))
    assert found.value("text.encoding") == encoding
    assert found.value("fields.produced_at")["format"] == "%d/%m/%Y %H:%M:%S"
    assert (found.proof.records, found.proof.quarantined) == (7, 0)
