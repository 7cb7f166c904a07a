"""Bytes -> text: rows are counted on the bytes, and bytes that are no text are never passed on."""

import pytest

from aponta.decode.text import REPLACED, FileText, to_text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\nb\n", FileText(b"a\nb", 2, False)),
        (b"a\nb", FileText(b"a\nb", 2, True)),
        (b"a\r\nb\r\n", FileText(b"a\r\nb\r", 2, False)),
        (b"a\n\n\n", FileText(b"a\n\n", 3, False)),
        (b"\n", FileText(b"", 1, False)),
        (b" ", FileText(b" ", 1, True)),
        (b"a\n\0\0\0", FileText(b"a", 1, False)),  # padding of a power loss
        (b"a\nb\0\0", FileText(b"a\nb", 2, True)),
        (b"a\rb\r", FileText(b"a\nb", 2, False)),
        (b"a\rb", FileText(b"a\nb", 2, True)),
        (b"a\rb\n", FileText(b"a\rb", 1, False)),  # where LF ends rows, CR ends none
        (b"\xef\xbb\xbfa\n", FileText(b"a", 1, False)),
        (b"a\n\xef\xbb\xbf", FileText(b"a\n", 2, True)),
        (b"a\x0bb\x0cc\x1cd\x85e\n", FileText("a\x0bb\x0cc\x1cd…e".encode(), 1, False)),
    ],
)
def test_rows(data, text):
    assert to_text(data, "cp1252") == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\0", "nul"),
        (b"\0\0\0", "nul"),
        (b"a\0b\n", "nul"),
        (b"\0a\n", "nul"),
    ],
)
def test_what_is_no_text(data, reason):
    assert to_text(data, "cp1252") == reason


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("cp1252", b"peca \xe7\xe3o"),
        ("cp850", b"peca \x87\xc6o"),
        ("latin-1", b"peca \xe7\xe3o"),
        ("utf-8", "peca ção".encode()),
        ("utf-8-sig", b"\xef\xbb\xbfpeca \xc3\xa7\xc3\xa3o"),
        ("utf-8", b"\xef\xbb\xbfpeca \xc3\xa7\xc3\xa3o"),
        ("utf-16", "peca ção".encode("utf-16")),
        ("utf-16", b"\xfe\xff" + "peca ção".encode("utf-16-be")),
        ("utf-16-le", "peca ção".encode("utf-16-le")),
        ("utf-16-be", "\ufeffpeca ção".encode("utf-16-be")),
    ],
)
def test_encodings(encoding, data):
    end = "\n".encode("utf-16-be" if encoding == "utf-16-be" or data.startswith(b"\xfe\xff") else "utf-16-le")
    found = to_text(data + (end if encoding.startswith("utf-16") else b"\n"), encoding)
    assert isinstance(found, FileText) and found.content == "peca ção".encode()
    assert (found.rows, found.open_end) == (1, False)


def test_marks_of_byte_order_where_files_were_joined_are_none_of_the_text():
    for encoding in ("utf-8", "utf-8-sig", "ascii", "cp1252", "cp850", "latin-1"):
        assert to_text(b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n", encoding) == FileText(b"a\nb", 2, False)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("a\r\nb\r\n", FileText(b"a\r\nb\r", 2, False)),
        ("a\rb\r", FileText(b"a\nb", 2, False)),
        ("a\nb", FileText(b"a\nb", 2, True)),
        ("Ċ਀\n", FileText("Ċ਀".encode(), 1, False)),  # each holds a byte that is a line end elsewhere
        ("a\n\0\0", FileText(b"a", 1, False)),
    ],
)
def test_rows_of_two_bytes_a_character(data, text):
    for encoding in ("utf-16-le", "utf-16-be", "utf-16"):
        assert to_text(data.encode(encoding), encoding) == text


def test_half_a_character_at_the_end_was_cut():
    found = to_text("a\nb".encode("utf-16-le") + b"c", "utf-16-le")
    assert found == FileText(f"a\nb{REPLACED}".encode(), 2, True)
    assert to_text("a\n".encode("utf-16-le") + b"\0", "utf-16-le") == FileText(b"a", 1, False)
    assert to_text(b"\0\0\0", "utf-16-le") == to_text("a\0b".encode("utf-16-le"), "utf-16-le") == "nul"


@pytest.mark.parametrize(
    ("encoding", "data"), [("cp1252", b"a\x81b"), ("utf-8", b"a\xe7b"), ("ascii", b"a\xe7b"), ("utf-8", b"a\xf0\x9f\n")]
)
def test_bytes_that_are_not_of_the_encoding_are_marked(encoding, data):
    found = to_text(data, encoding)
    assert isinstance(found, FileText) and REPLACED.encode() in found.content


def test_broken_bytes_before_a_line_end_do_not_swallow_it():
    found = to_text(b"a\xe7\nb\xf0\nc\n", "utf-8")
    assert isinstance(found, FileText) and found.content.count(b"\n") + 1 == found.rows == 3
