"""Files decoded in pieces: every table is as if they had been read whole, also when they are decoded again."""

import factory as small
import pytest

from aponta.decode import files
from aponta.usecases.correct.retry import quarantined_files, request_decode
from aponta.usecases.read.published import query

ODD = [item if item.counter % 3 else small.Item(item.at, item.counter, cycle="n/a") for item in small.steady(0)]
TWICE = [*small.steady(2), *small.steady(2)]


def passed(folder):
    made = small.make(folder)
    small.deliver(made, small.name("M01", 0), small.text("M01", ODD))
    small.deliver(made, small.name("M01", 2), small.text("M01", TWICE))
    small.deliver(made, small.name("N01", 2), small.text("N01", TWICE, trailer=7))
    small.deliver(made, small.name("M02", 3), small.text("M01", ODD))
    small.run(made)
    small.deliver(made, small.name("M01", 2), small.text("M01", [*TWICE, *ODD]))
    small.deliver(made, small.name("M01", 1), small.text("M01", [*small.steady(1), *small.steady(0)]))
    small.run(made)
    return made


@pytest.fixture
def in_pieces(monkeypatch):
    monkeypatch.setattr(files, "GROUP_BYTES", 100)


def test_as_if_read_whole(tmp_path, request):
    whole = small.everything(passed(tmp_path / "whole"))
    assert len(whole["silver.quarantine"]) > len(ODD) // 3
    request.getfixturevalue("in_pieces")
    assert small.everything(passed(tmp_path / "pieces")) == whole


def test_its_refused_rows_are_solved_when_it_is_read(tmp_path, in_pieces):
    made = passed(tmp_path / "one")
    aside = query(made, "SELECT * FROM silver.quarantine WHERE status = 'open' AND row_no IS NOT NULL")
    assert len({row["file_sha256"] for row in aside}) == 2
    path = made.folder / "layouts" / "counted.toml"
    path.write_text(path.read_text().replace('null = ["", "-"]', 'null = ["", "-", "n/a"]'))
    mended = small.load(made.folder)
    request_decode(mended, quarantined_files(mended))
    small.run(mended)
    assert not query(made, "SELECT * FROM silver.quarantine WHERE status = 'open' AND row_no IS NOT NULL")
    solved = query(made, "SELECT * FROM silver.quarantine WHERE status = 'solved'")
    assert {(row["file_sha256"], row["row_no"]) for row in aside} <= {
        (row["file_sha256"], row["row_no"]) for row in solved
    }
