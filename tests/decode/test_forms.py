"""Each form of text: what is a record, what is refused and why, and that every row is accounted for (`decoded`)."""

import hashlib
import tomllib
import zlib

import pytest

from aponta.contract.layout import Layout
from aponta.decode.forms.delimited import split

BASE = """
name = "made"
version = 1
files = '(?P<machine>M\\d\\d)_(?P<hour>\\d{8}_\\d{2}).*\\.txt'
hour = { from = "name:hour", format = "%Y%m%d_%H" }
"""
AT = "2026-01-05 07:00:"


def made(told: str) -> Layout:
    return Layout.model_validate(tomllib.loads(BASE + told))


QUOTED = made("""
[text]
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
""")
HEADER = b"DATE,PART,CNT[1,3]\r\n"


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("a,b,c", ["a", "b", "c"]),
        ("", [""]),
        (",", ["", ""]),
        ('"a,b",c', ["a,b", "c"]),
        ('"a ""b"" c",', ['a "b" c', ""]),
        ('"",x', ["", "x"]),
        ("T[1,3],x[2]", ["T[1,3]", "x[2]"]),
        ("T[1,3,x", ["T[1", "3", "x"]),  # a bracket that is not closed
        ("5],x", ["5]", "x"]),
        ('a"b,c', ['a"b', "c"]),  # a quote within a value is a mark like any other
        ('"a', None),
        ('"a"b,c', None),
        ('x,"a,b', None),
    ],
)
def test_quotes_and_brackets(row, cells):
    assert split(row, QUOTED.text) == cells


def test_quoted_rows_beside_plain_ones(decoded):
    rows = f'{AT}01,P,1\r\n"{AT}02","P, big",2\r\n{AT}03,"P,3\r\n{AT}04,P,"4"\r\n'
    found = decoded(HEADER + rows.encode(), QUOTED)
    assert [(row["product"], row["counter"]) for row in found.records] == [("P", 1), ("P, big", 2), ("P", 4)]
    assert found.reasons == [(4, "quote", None, None)]


def test_a_wrapped_row_is_one_again(decoded):
    rows = f"{AT}01,P\r\n ,1\r\n{AT}02,P,2\r\n{AT}03\r\n ,P\r\n ,3\r\n"
    found = decoded(HEADER + rows.encode(), QUOTED)
    assert [(row["row_no"], row["counter"]) for row in found.records] == [(2, 1), (4, 2), (5, 3)]
    assert (found.file.rows, found.file.records, found.file.skipped) == (7, 3, 4)


def test_a_header_may_be_wrapped_too(decoded):
    found = decoded(f"DATE,PART,\r\n CNT[1,3]\r\n{AT}01,P,7\r\n".encode(), QUOTED)
    assert [row["counter"] for row in found.records] == [7]


def test_a_wrapped_row_that_is_cut_is_truncated(decoded):
    found = decoded(HEADER + f"{AT}01,P\r\n ,1".encode(), QUOTED)
    assert found.reasons == [(2, "truncated", None, None)]
    assert (found.file.quarantined, found.file.skipped) == (1, 2)


def test_without_a_continuation_a_wrapped_row_has_too_few_columns(decoded, row):
    found = decoded(row()[:20] + b"\r\n" + row()[20:] + row(counter="2"))
    assert [reason[:2] for reason in found.reasons] == [(1, "columns"), (2, "columns")]
    assert [record["counter"] for record in found.records] == [2]


def test_what_stands_above_says_nothing(decoded):
    layout = made("""
[text]
delimiter = "\\t"
[lines]
skip = 3
header = '^Date'
[fields]
machine = { from = "name:machine" }
produced_at = { columns = [1, 2], format = "%Y/%m/%d %H:%M:%S" }
counter = { column = 3 }
""")
    data = b"Model\tDX\nDate\tfirst\n2026/01/05\t07:00:00\t1\nDate\tTime\tCount\n2026/01/05\t07:00:01\t2\n"
    found = decoded(data, layout)
    assert [(row["row_no"], row["counter"]) for row in found.records] == [(5, 2)]
    assert found.file.skipped == 4


FIXED = made("""
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
heat_c = { at = [31, 36] }
""")


def test_fixed_width(decoded):
    good = "100000105012026070001Peça 1  B  68,5"
    assert len(good) == 36
    rows = [good, good[:-1], good + "x", good.replace("000001", "00 001"), "0anything", good.replace("68,5", "-1,0")]
    found = decoded("".join(f"{row}\r\n" for row in rows).encode("cp1252"), FIXED)
    assert [(row["row_no"], row["counter"], row["product"], row["heat_c"]) for row in found.records] == [
        (1, 1, "Peça 1", 68.5),
        (6, 1, "Peça 1", -1.0),
    ]
    assert found.reasons == [
        (2, "columns", None, None),
        (3, "columns", None, None),
        (4, "number", "counter", "00 001"),
    ]


PAIRS = made("""
[text]
form = "pairs"
[fields]
machine = { from = "name:machine" }
produced_at = { key = "T", format = "%Y-%m-%d %H:%M:%S" }
counter = { key = "CNT" }
quality = { key = "Q", map = { OK = "good" } }
[sensors]
heat_c = { key = "H" }
""")


def test_pairs_in_any_order(decoded):
    rows = [
        f"T={AT}01;CNT=1;Q=OK;H=5.5;X=any",
        f"CNT=2;T={AT}02",
        f"T={AT}03;CNT=3;Q=OK;H=;X=any",
        f"T={AT}04;CNT=4;Q=OK;H=1.0;X=any;",
        f"T={AT}05;CNT=5;CNT=6",
        f"T={AT}06;CNT",
        f"CNT=7;T={AT}07;Q=a=b",
        "CNT=8",
        f"T={AT}09;CNTR=9",
        "nonsense",
    ]
    found = decoded("".join(f"{row}\n" for row in rows).encode(), PAIRS)
    assert [(row["counter"], row["quality"], row["heat_c"], row["flags"]) for row in found.records] == [
        (1, "good", 5.5, None),
        (2, "unknown", None, None),
        (3, "good", None, None),
        (4, "good", 1.0, None),
        (7, "unknown", None, "quality_code"),
    ]
    assert sorted(found.reasons) == [
        (5, "columns", None, None),
        (6, "columns", None, None),
        (8, "missing", "produced_at", None),
        (9, "missing", "counter", None),
        (10, "columns", None, None),
    ]


SHDR = made("""
[text]
form = "pairs"
delimiter = "|"
pair = "|"
[fields]
machine = { from = "name:machine" }
produced_at = { column = 1, format = ["%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z"] }
counter = { key = "PartCount" }
product = { key = "program" }
[sensors]
load_pct = { key = "Sload" }
[long]
record_when = "PartCount"
""")


def test_keys_and_values_that_alternate(decoded):
    rows = [
        "2026-01-05T10:00:00Z|avail|AVAILABLE|program|O1000",
        "2026-01-05T10:00:01.5Z|Sload|55",
        "2026-01-05T10:00:02Z|PartCount|7",
        "2026-01-05T10:00:03Z|Sload|x|PartCount|8",
        "2026-01-05T10:00:04Z|Sload|60|program|O2000",
        "2026-01-05T10:00:05Z|execution",
        "2026-01-05T10:00:06Z|PartCount|9|Sload|61",
    ]
    found = decoded("".join(f"{row}\n" for row in rows).encode(), SHDR)
    assert [(row["row_no"], row["counter"], row["product"], row["load_pct"]) for row in found.records] == [
        (3, 7, "O1000", 55.0),
        (7, 9, "O2000", 61.0),
    ]
    assert sorted(found.reasons) == [(4, "number", "load_pct", "x"), (6, "columns", None, None)]
    assert (found.file.rows, found.file.skipped) == (7, 3)


LONG = made("""
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
""")


def test_one_value_a_row(decoded):
    rows = [
        "time;tag;value",
        f"{AT}01;ok;1",
        f"{AT}01;height.count;1",
        f"{AT}02;height.count;2",
        f"{AT}02;other;x",
        f"{AT}03;ok;0",
        f"{AT}03;height.count",
        f"{AT}04;height.count;4",
    ]
    found = decoded("".join(f"{row}\n" for row in rows).encode(), LONG)
    assert [(row["row_no"], row["counter"], row["quality"]) for row in found.records] == [
        (3, 1, "good"),
        (4, 2, "good"),
        (8, 4, "scrap"),
    ]
    assert found.reasons == [(7, "columns", None, None)]
    assert (found.file.rows, found.file.skipped) == (8, 4)


def test_nothing_is_held_from_one_file_to_the_next(decoded):
    files = {
        "M01_20260105_07.txt": f"time;tag;value\n{AT}01;ok;1\n{AT}01;height.count;1\n".encode(),
        "M02_20260105_07.txt": f"time;tag;value\n{AT}01;height.count;1\n".encode(),
    }
    assert [row["quality"] for row in decoded(files, LONG).records] == ["good", "unknown"]


CHECKED = """
[lines]
trailer = '^END (?P<rows>\\d+) (?P<sum_pieces>\\S+) (?P<checksum>\\w*)$'
checksum = "{kind}"
[fields]
machine = {{ from = "name:machine" }}
produced_at = {{ column = 1, format = "%Y-%m-%d %H:%M:%S" }}
counter = {{ column = 2 }}
pieces = {{ column = 3 }}
"""
ROWS = f"{AT}01;1;3\r\n{AT}02;2;4\r\n".encode()


def kermit(data: bytes) -> str:
    """CRC-16/KERMIT bit by bit, as it is defined."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return f"{crc:04X}"


SUMS = {
    "crc16-kermit": kermit,
    "crc32": lambda data: f"{zlib.crc32(data):08x}",
    "sha256": lambda d: hashlib.sha256(d).hexdigest(),
}


@pytest.mark.parametrize("kind", SUMS)
def test_a_trailer_is_held_to_its_word(decoded, kind):
    layout, of = made(CHECKED.format(kind=kind)), SUMS[kind]

    def trailer(data=ROWS, rows=2, total="7"):
        return decoded(ROWS + f"END {rows} {total} {of(data)}\r\n".encode(), layout).file.trailer

    assert trailer() == "right"
    assert trailer(rows=3) == trailer(total="8") == trailer(total="x") == trailer(ROWS[:-1]) == "wrong"
    assert decoded(ROWS + b"END 2 7 \r\n", layout).file.trailer == "wrong"
    assert decoded(ROWS, layout).file.trailer == "none"


def test_the_check_value_of_the_catalogue_of_checksums():
    assert kermit(b"123456789") == "2189"


def test_files_that_were_joined_are_checked_part_by_part(decoded):
    layout = made(CHECKED.format(kind="crc16-kermit"))
    more = f"{AT}03;3;5\r\n".encode()
    first, second = f"END 2 7 {kermit(ROWS)}\r\n".encode(), f"END 1 5 {kermit(more)}\r\n".encode()
    assert decoded(ROWS + first + more + second, layout).file.trailer == "right"
    assert decoded(ROWS + first.replace(b"END 2", b"END 3") + more + second, layout).file.trailer == "wrong"
    whole = f"END 3 12 {kermit(ROWS + first + more)}\r\n".encode()
    assert decoded(ROWS + first + more + whole, layout).file.trailer == "right"  # the last one tells of the whole


def test_a_row_that_is_refused_proves_no_sum(decoded):
    layout = made(CHECKED.format(kind="crc16-kermit"))
    data = ROWS + f"{AT}xx;3;5\r\n".encode()
    found = decoded(data + f"END 3 12 {kermit(data)}\r\n".encode(), layout)
    assert (found.file.trailer, found.file.quarantined) == ("right", 1)


def test_rows_of_an_old_control_end_with_cr(decoded, row):
    found = decoded((row() + row(counter="2")).replace(b"\r\n", b"\r"))
    assert ([record["counter"] for record in found.records], found.file.rows) == ([1, 2], 2)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_two_bytes_a_character(decoded, layout, row, encoding):
    text = (row(product="Peça") + row(counter="2")).decode("cp1252")
    found = decoded(text.encode(encoding), layout(text={"encoding": encoding}))
    assert [record["product"] for record in found.records] == ["Peça", "P"]


def test_since_the_hour_of_the_name(decoded):
    layout = made("""
[fields]
machine = { from = "name:machine" }
produced_at = { column = 1, format = "hour_ms" }
""")
    found = decoded({"M01_20260105_07.txt": b"250\n3599999\n-1\n", "M02_20260105_08.txt": b"0\n"}, layout)
    hours = [row["produced_at"] % 3_600_000_000 // 1000 for row in found.records]
    assert (hours, found.reasons) == ([250, 3_599_999, 0], [(3, "time", "produced_at", "-1")])


MIXED = made("""
[fields]
machine = { from = "name:machine" }
produced_at = { column = 2, format = "%Y-%m-%d %H:%M:%S" }
counter = { column = 3 }
quality = { column = 4, map = { A = "good" } }
[record]
column = 1
items = ["I"]
states = ["S"]
[states]
state = { column = 3, map = { PROD = "run", PARADA = "stop", FALTA = "external" } }
reason = { column = 4 }
columns = 4
""")


def test_items_and_states_in_one_file(decoded):
    rows = [
        f"S;{AT}00;PROD;",
        f"I;{AT}01;1;A",
        f"S;{AT}02;PARADA;PORTA",
        f"S;{AT}03;MISTERIO;",
        f"S;{AT}04;;x",
        f"S;{AT}xx;PROD;",
        f"S;{AT}05",
        f"X;{AT}06;1;A",
        "",
        f"I;{AT}07;2;A",
    ]
    found = decoded("".join(f"{row}\n" for row in rows).encode(), MIXED)
    assert [row["counter"] for row in found.records] == [1, 2]
    assert [(row["row_no"], row["state"], row["code"], row["reason"]) for row in found.states] == [
        (1, "run", "PROD", None),
        (3, "stop", "PARADA", "PORTA"),
        (4, "unknown", "MISTERIO", None),
    ]
    assert sorted(found.reasons) == [
        (5, "missing", "state", None),
        (6, "time", "produced_at", f"{AT}xx"),
        (7, "columns", None, None),
        (8, "record", None, None),
    ]
    assert (found.file.rows, found.file.records, found.file.states, found.file.skipped) == (10, 2, 3, 1)
    (hour,) = found.file.hours
    assert (hour.records, hour.states, hour.covers) == (2, 3, True)


def test_a_file_of_states_alone(decoded):
    layout = made(
        """
[fields]
machine = { column = 1 }
produced_at = { column = 2, format = "%Y-%m-%d %H:%M:%S" }
[states]
state = { column = 3, map = { Execute = "run", Held = "stop" } }
""".replace("name:machine", "")
    )
    layout = layout.model_copy(update={"files": r".*\.txt", "hour": None})
    found = decoded({"log.txt": f"M02;{AT}01;Execute\nM02;{AT}09;Held\nM01;{AT}10;Held\n".encode()}, layout)
    assert [(row["machine"], row["state"]) for row in found.states] == [("M02", "run"), ("M02", "stop")]
    assert found.reasons == [(3, "machine", "machine", "M01")]
    assert (found.file.machine, found.file.records, found.file.states) == ("M02", 0, 2)
    assert (found.file.first_at, found.records) == (None, [])


def test_the_rows_of_a_trailer_are_items_and_states(decoded):
    layout = MIXED.model_copy(
        update={
            "lines": made(CHECKED.format(kind="crc32")).lines.model_copy(
                update={"trailer": r"^# (?P<rows>\d+)", "checksum": None}
            )
        }
    )
    rows = f"S;{AT}00;PROD;\nI;{AT}01;1;A\n".encode()
    assert decoded(rows + b"# 2\n", layout).file.trailer == "right"
    assert decoded(rows + b"# 1\n", layout).file.trailer == "wrong"
