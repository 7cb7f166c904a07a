"""Packed files: each member is a file of its own; a bad archive stays one file."""

import gzip
import io
import zipfile

import pytest

from aponta.collect import archive
from aponta.contract.source import Listed

ROWS = b"rows\r\n" * 1000


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as one:
        for name, data in files.items():
            one.writestr(name, data)
    return out.getvalue()


def came(plant):
    return [(row["folder"], row["name"], row["size"]) for row in plant.arrivals()]


def test_a_gzip_file_is_the_file_in_it(plant):
    plant.put("in/M01.txt.GZ", gzip.compress(ROWS))
    result = plant.collect()
    assert (result.taken, came(plant)) == (1, [("in", "M01.txt", len(ROWS))])
    assert plant.raw.read(plant.arrivals()[0]["sha256"]) == ROWS


def test_a_zip_file_is_a_folder(plant):
    plant.put(
        "week.zip", zipped(**{"M01.txt": ROWS, "day/M02.txt": b"x\r\n", "__MACOSX/M01.txt": b"no", "day/.keep": b""})
    )
    plant.collect()
    assert came(plant) == [("week.zip", "M01.txt", len(ROWS)), ("week.zip/day", "M02.txt", 3)]


def test_it_is_packed_by_its_bytes_not_by_its_name(plant):
    plant.put("M01.txt", gzip.compress(ROWS))
    plant.put("M02.zip", ROWS)
    plant.collect()
    assert came(plant) == [("", "M01.txt", len(ROWS)), ("", "M02.zip", len(ROWS))]


def test_it_is_taken_once_and_released(plant):
    plant.source.after, plant.source.releases = "delete", True
    path = plant.put("week.zip", zipped(**{"M01.txt": ROWS}))
    assert plant.collect().taken == 1
    assert not path.exists() and plant.collect().listed == 0


@pytest.mark.parametrize(
    "data",
    [
        zipped(**{"M01.txt": ROWS})[:-30],
        zipped(),
        zipped(**{"M01.txt": ROWS}).replace(b"rows", b"sows"),
        gzip.compress(ROWS)[:-9],
        gzip.compress(ROWS)[:-8] + b"\0" * 8,
        b"PK\x03\x04",
        b"\x1f\x8b\x08",
    ],
    ids=["cut", "empty", "other bytes", "gzip cut", "gzip checksum", "zip head", "gzip head"],
)
def test_one_that_cannot_be_unpacked_comes_as_it_is(plant, data):
    plant.put("M01.zip", data)
    plant.collect()
    if plant.raw.read(plant.arrivals()[0]["sha256"]) != ROWS:  # of "other bytes" nothing may have been changed
        assert came(plant) == [("", "M01.zip", len(data))]


def test_an_archive_that_grows_without_end_is_not_unpacked(plant, monkeypatch):
    monkeypatch.setattr(archive, "ALWAYS", 100)
    monkeypatch.setattr(archive, "RATIO", 2)
    for name, data in (("a.gz", gzip.compress(b"0" * 10**6)), ("b.zip", zipped(**{"M01.txt": b"0" * 10**6}))):
        plant.put(name, data)
    plant.collect()
    assert [row["name"] for row in plant.arrivals()] == ["a.gz", "b.zip"]


def test_too_many_members_are_not_unpacked(plant, monkeypatch):
    monkeypatch.setattr(archive, "MEMBERS", 1)
    plant.put("a.zip", zipped(**{"M01.txt": ROWS, "M02.txt": ROWS}))
    plant.collect()
    assert [row["name"] for row in plant.arrivals()] == ["a.zip"]


def test_no_path_in_an_archive_leads_out_of_it(plant):
    plant.put("a.zip", zipped(**{"../../M01.txt": ROWS, "/etc/M02.txt": ROWS}))
    plant.collect()
    assert [row["name"] for row in plant.arrivals()] == ["M01.txt", "M02.txt"]
    assert {path.suffix for path in plant.raw.folder.rglob("*") if path.is_file()} == {".zst"}


def test_a_plain_file_has_no_members(plant):
    sha256, size = plant.raw.store(io.BytesIO(ROWS))
    assert archive.unpack(Listed("M01.txt", size, 0), sha256, plant.raw) == ()
