"""Bytes -> text: rows are counted on the bytes, and bytes that are no text are never passed on."""

import pytest

from aponta.decode.text import REPLACED, Text, to_text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\nb\n", Text(b"a\nb", 2, False)),
        (b"a\nb", Text(b"a\nb", 2, True)),
        (b"a\r\nb\r\n", Text(b"a\r\nb\r", 2, False)),
        (b"a\n\n\n", Text(b"a\n\n", 3, False)),
        (b"\n", Text(b"", 1, False)),
        (b" ", Text(b" ", 1, True)),
        (b"a\n\0\0\0", Text(b"a", 1, False)),  # padding of a power loss
        (b"a\nb\0\0", Text(b"a\nb", 2, True)),
        (b"a\x0bb\x0cc\x1cd\x85e\n", Text("a\x0bb\x0cc\x1cd…e".encode(), 1, False)),
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
        (b"a\rb\r", "line_ends"),
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
    ],
)
def test_encodings(encoding, data):
    found = to_text(data + b"\n", encoding)
    assert isinstance(found, Text) and found.content == "peca ção".encode()


@pytest.mark.parametrize(
    ("encoding", "data"), [("cp1252", b"a\x81b"), ("utf-8", b"a\xe7b"), ("ascii", b"a\xe7b"), ("utf-8", b"a\xf0\x9f\n")]
)
def test_bytes_that_are_not_of_the_encoding_are_marked(encoding, data):
    found = to_text(data, encoding)
    assert isinstance(found, Text) and REPLACED.encode() in found.content


def test_broken_bytes_before_a_line_end_do_not_swallow_it():
    found = to_text(b"a\xe7\nb\xf0\nc\n", "utf-8")
    assert isinstance(found, Text) and found.content.count(b"\n") + 1 == found.rows == 3
