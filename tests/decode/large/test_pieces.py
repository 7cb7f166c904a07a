"""A file decoded in pieces of any size is decoded as a whole one is: its records, refused rows, states, accounts."""

import hashlib
import tomllib
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aponta.contract.layout import Layout
from aponta.decode.large import parts
from aponta.decode.large.pieces import row_at, scan, text_pieces
from aponta.decode.text import FileText, to_text

HEAD = r"""
name = "made"
version = 1
files = '(?P<machine>M\d\d)_(?P<hour>\d{8}_\d{2}).*\.txt'
hour = { from = "name:hour", format = "%Y%m%d_%H" }
"""
AT = 'produced_at = { %s, format = ["%%d/%%m/%%Y %%H:%%M:%%S.%%f", "epoch_ms"] }\n'
NAMED = 'machine = { from = "name:machine" }\n'
TIMES = [
    f"05/01/2026 {minute}:{second:02d}.0" for minute in ("07:00", "07:01", "08:59", "24:00") for second in (0, 1, 2, 4)
]
COUNTS = [*map(str, range(9)), "x", ""]
MARKED = "[text]\nencoding = 'cp1252'\n[lines]\nheader = '^H (?P<product>.*)'\ntrailer = '^# (?P<rows>\\d+)'\n"
FORMS = {  # layout, templates of rows: T a time, N a number
    "counter": (
        MARKED
        + "comment = '^!'\nskip = 2\n[fields]\ncounter = { column = 1 }\nproduct = { from = 'header:product' }\n"
        + NAMED
        + AT % "column = 2"
        + "cycle_s = { from = 'trailer:rows' }",
        ("N;T", "N;T", "N;T", "H a", "H b", "# N", "! c", "", "\x81;T"),
    ),
    "no counter": (MARKED + "[fields]\n" + NAMED + AT % "column = 1", ("T;1", "T;2", "T", "T", "T", "H a", "# N")),
    "any machine": (
        "[fields]\nmachine = { column = 1 }\ncounter = { column = 2 }\n" + AT % "column = 3",
        ("M01;N;T", "M02;N;T", "M03;N;T", "-;N;T"),
    ),
    "header of machine": (
        "[lines]\nheader = '^H (?P<machine>.*)'\n[fields]\ncounter = { column = 1 }\n"
        + "machine = { from = 'header:machine' }\n"
        + AT % "column = 2",
        ("H M01", "N;T", "N;T", "N;T", "H M01", "H M02"),
    ),
    "named and wrapped": (
        "[text]\nquote = '\"'\nbrackets = '[]'\n[lines]\nheader = '^C'\ncontinuation = '^ '\n[fields]\n"
        + "counter = { column = 'C' }\n"
        + NAMED
        + AT % "column = 'Z'",
        ("C;Z", "Z;C", 'N;"T"', "N", " ;T", "N", " ;T", " ;", "N;T", " [;]", "N;[;]"),
    ),
    "checksum and sum": (
        "[lines]\ntrailer = '^#(?P<checksum>[0-9A-F]+) (?P<sum_counter>\\d+)'\nchecksum = 'crc16-kermit'\n[fields]\n"
        + "counter = { column = 1 }\n"
        + NAMED
        + AT % "column = 2",
        ("N;T", "N;T", "#0 N", "#1F N"),
    ),
    "fixed, wide": (
        "[text]\nform = 'fixed'\nencoding = 'utf-16'\n[fields]\ncounter = { at = [1, 1] }\n"
        + NAMED
        + AT % "at = [2, 22]",
        ("NT", "NT", "NT ", "ç"),
    ),
    "pairs": (
        "[text]\nform = 'pairs'\n[fields]\ncounter = { key = 'C' }\n" + NAMED + AT % "key = 'T'",
        ("C=N;T=T", "T=T;C=N", "C=N;C=N;T=T", "X=1;C=N;T=T"),
    ),
    "long": (
        "[text]\nform = 'long'\n[long]\ntag = 2\nvalue = 3\nrecord_when = 'C'\n[fields]\ncounter = { key = 'C' }\n"
        + "product = { key = 'P' }\n"
        + NAMED
        + AT % "column = 1"
        + "[sensors]\nheat_c = { key = 'H' }",
        ("T;C;N", "T;P;N", "T;H;N", "T;H", "T;X;N"),
    ),
    "states": (
        "[record]\ncolumn = 1\nitems = ['I']\nstates = ['S']\n[states]\ncolumns = 4\n"
        + "state = { column = 4, map = { N = 'run', x = 'stop' } }\n[fields]\nmachine = { column = 3 }\n"
        + AT % "column = 2",
        ("I;T;M01", "S;T;M01;N", "S;T;M01;x", "S;T;M02;x", "S;T;M09;x", "I;T;M09", "Z;T;M01"),
    ),
}
LAYOUTS = {name: Layout.model_validate(tomllib.loads(HEAD + told)) for name, (told, _) in FORMS.items()}
BYTES = (
    b"a",
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xe7",
    b"\xd8",
    b"\xdc",
    b"\n\0",
    b"\0\n",
)
quiet = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def texts(draw, templates):
    """Rows that are nearly right, often equal, sometimes padded or without their last line end. The first one gives
    sense to others.
    """
    rising = draw(st.booleans())
    text = draw(st.sampled_from(("", "", "\ufeff")))
    end = draw(st.sampled_from(("\n", "\r\n", "\r")))
    for number in range(draw(st.integers(1, 40))):
        row = draw(st.sampled_from(templates)) if number else templates[0]
        moment = f"05/01/2026 07:{number // 60:02d}:{number % 60:02d}.0"
        row = row.replace("T", moment if rising else draw(st.sampled_from(TIMES)), 1) if row.count("T") == 1 else row
        if row.count("T") == 2:
            row = row.replace("=T", f"={draw(st.sampled_from(TIMES))}")
        text += row.replace("N", str(number % 10) if rising else draw(st.sampled_from(COUNTS))) + end
    return text + draw(st.sampled_from(("", "", "N", "\0\0", "\ufeff")))


def alike(one, other):
    assert one.files == other.files
    assert sorted(one.reasons, key=str) == sorted(other.reasons, key=str)
    assert sorted(one.records, key=lambda row: row["row_no"]) == other.records
    assert one.states == other.states


@pytest.mark.parametrize("name", FORMS)
@quiet
@given(data=st.data(), piece=st.integers(1, 300))
def test_in_pieces_as_whole(decoded, name, data, piece):
    layout = LAYOUTS[name]
    encoding = layout.text.encoding
    told = data.draw(texts(FORMS[name][1])).encode("utf-8" if encoding == "cp1252" else encoding)
    alike(decoded(told, layout), decoded(told, layout, piece=piece))


def test_what_is_compared_share_by_share(decoded, row, monkeypatch):
    monkeypatch.setattr(parts, "BUCKET", 7)
    rows = b"".join(row(counter=str(n), at=f"05/01/2026 07:{n // 60:02d}:{n % 60:02d}.000") for n in range(100))
    told = rows + b"".join(rows.splitlines(keepends=True)[:50]) + rows
    whole = decoded(told)
    assert whole.file.repeated == 150
    alike(whole, decoded(told, piece=500))


def test_a_sound_checksum_over_pieces(decoded):
    rows = "".join(f"{n};05/01/2026 07:00:{n:02d}.0\n" for n in range(1, 10)).encode()
    layout = LAYOUTS["checksum and sum"].model_copy()
    kind = layout.model_copy(update={"lines": layout.lines.model_copy(update={"checksum": "crc32"})})
    told = rows + b"#%08X 45\n" % zlib.crc32(rows)
    for piece in (10, 40, 1000):
        assert decoded(told * 2, kind, piece=piece).file.trailer == "right"
        assert decoded(rows[1:] + told[len(rows) :], kind, piece=piece).file.trailer == "wrong"


@quiet
@given(
    data=st.lists(st.sampled_from(BYTES), min_size=1, max_size=12).map(b"".join),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "ascii", "utf-16", "utf-16-le", "utf-16-be"]),
    chunk=st.integers(1, 5),
    least=st.integers(1, 8),
)
def test_text_in_pieces_is_the_text(data, encoding, chunk, least):
    chunks = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    text, whole = to_text(data, encoding), scan(chunks, encoding)
    assert whole.refused == (None if isinstance(text, FileText) else text)
    if isinstance(text, FileText):
        found = list(text_pieces(chunks, encoding, whole, least))
        rows = [row for piece in found for row in piece.content.split(b"\n")]
        assert rows == text.content.split(b"\n")
        assert len(rows) == sum(piece.rows for piece in found) == whole.rows == text.rows
        assert [piece.open_end for piece in found] == [False] * (len(found) - 1) + [text.open_end]


def test_pieces_are_of_the_size_asked_for():
    told = b"0123456789\n" * 10_000
    chunks = [told[at : at + 1000] for at in range(0, len(told), 1000)]
    sizes = [len(piece.content) for piece in text_pieces(chunks, "utf-8", scan(chunks, "utf-8"), 5000)]
    assert max(sizes) < 6000
    assert min(sizes[:-1]) > 4900
    assert hashlib.sha256(b"".join(chunks)).digest() == hashlib.sha256(told).digest()


@pytest.mark.parametrize(("number", "text"), [(1, "a"), (2, ""), (3, "c"), (4, ""), (9, "")])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_one_row_of_a_file(number, text, end, encoding):
    told = end.join(("a", "", "c")).encode(encoding)
    assert row_at(lambda: [told[:3], told[3:]], encoding, number) == text


def test_a_row_of_what_is_no_text():
    assert row_at(lambda: [b"a\n\0b\n"], "utf-8", 1) == ""
