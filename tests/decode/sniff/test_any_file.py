"""Whatever the bytes, sniff never raises; and a made file, written in any way, is found to be written so."""

import csv
import io
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from aponta.decode.sniff import propose_layout, sample_of_bytes

quiet = settings(max_examples=60, deadline=None)
GOOD = "".join(f"M01;{n};2026-01-05 07:00:{n:02};P-{n % 2};A;2{n},5\r\n" for n in range(20)).encode()
PIECES = (
    b"\n",
    b"\r",
    b";",
    b",",
    b"|",
    b"=",
    b'"',
    b"[",
    b"\0",
    b"\xff",
    b"\xc3",
    b"#",
    b" ",
    b"\xff\xfe",
    b"9" * 400,
    b"T=1;",
)
NAMES = ("M01_20260105_07.txt", "x", ".", "M01_05012026_07.csv", "[(.txt", "ç.dat")


@st.composite
def mutated(draw):
    data = GOOD
    edits = st.tuples(st.integers(0, len(GOOD)), st.integers(0, 60), st.sampled_from(PIECES) | st.binary(max_size=8))
    for at, length, inserted in draw(st.lists(edits, max_size=6)):
        data = data[:at] + inserted + data[at + length :]
    return data


@quiet
@given(
    files=st.lists(st.tuples(st.sampled_from(NAMES), st.binary(max_size=300) | mutated()), min_size=1, max_size=3),
    zone=st.sampled_from([None, "America/Sao_Paulo"]),
)
def test_any_bytes_at_all(files, zone):
    found = propose_layout([sample_of_bytes(name, data, "M01") for name, data in files], zone=zone)
    assert (found.layout is None) == (found.problem is not None)
    for guess in found.guesses:
        assert guess.confidence in ("high", "medium", "low")


DATES = (
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%d.%m.%Y %H:%M",
    "%Y%m%d%H%M%S",
)


@st.composite
def written(draw):
    """A file with all its columns in any order, and how it is written."""
    delimiter = draw(st.sampled_from([";", "\t", "|", ","]))
    decimal = "." if delimiter == "," else draw(st.sampled_from([".", ","]))
    format = draw(st.sampled_from(DATES))
    encoding = draw(st.sampled_from(["cp1252", "utf-8", "utf-8-sig", "utf-16", "cp850"]))
    end = draw(st.sampled_from(["\r\n", "\n"]))
    headed, quoted = draw(st.booleans()), draw(st.booleans())
    order = draw(st.permutations(["contador", "hora", "peça", "situação", "temp [°C]"]))
    start = datetime(2026, draw(st.integers(1, 12)), draw(st.integers(13, 28)), 7)
    count = draw(st.integers(8, 30))
    first = draw(st.integers(0, 10**9))
    rows = [order] if headed else []
    for number in range(count):
        at = start + timedelta(seconds=61 * number, milliseconds=250)
        told = {
            "contador": str(first + number),
            "hora": at.strftime(format),
            "peça": ("Peça nº 1", "Peça nº 2", "Êmbolo")[number % 3],
            "situação": ("OK", "OK", "NOK")[number % 3],
            "temp [°C]": f"{40 + number % 7}{decimal}{number % 10}",
        }
        rows.append([told[name] for name in order])
    text = io.StringIO()
    csv.writer(
        text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    ).writerows(rows)
    expected = {"encoding": encoding, "delimiter": delimiter, "decimal": decimal, "quote": '"' if quoted else None}
    return text.getvalue().encode(encoding), expected, format, headed, order, count


@settings(quiet, max_examples=150)
@given(made=written())
def test_a_made_file_is_found_to_be_as_it_was_made(made):
    data, expected, format, headed, order, count = made
    found = propose_layout([sample_of_bytes("M01.txt", data)], "made")
    assert found.problem is None, found.problem
    assert {key: found.value(f"text.{key}") for key in expected} == expected
    assert (found.value("lines.header") is not None) == headed
    fields = {"produced_at": "hora", "counter": "contador", "product": "peça", "quality": "situação"}
    for field, name in fields.items():
        assert found.layout.fields[field].column == (name if headed else order.index(name) + 1)
    assert found.layout.fields["produced_at"].format == format
    assert (found.proof.records, found.proof.quarantined) == (count, 0)
    if headed:
        assert list(found.layout.sensors) == ["temp_c"]
