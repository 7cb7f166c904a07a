"""A machine whose software was changed: it is noticed, explained, and mended without a row lost or counted twice."""

import factory as small
import pytest

from aponta.cli.files.drift import drift as command
from aponta.cli.files.quarantine import quarantine
from aponta.errors import ConfigError
from aponta.usecases.correct.retry import quarantined_files, request_decode
from aponta.usecases.doctor.checks import check_all
from aponta.usecases.read.drift import drift_of, drifting_file, drifting_machines
from aponta.words import Words


def changed(text: bytes) -> bytes:
    """A column more before the quality."""
    rows = []
    for row in text.decode("utf-8").splitlines():
        cells = row.split(";")
        rows.append(row if row.startswith("#") else ";".join([*cells[:4], "77,5", *cells[4:]]))
    return ("\r\n".join(rows) + "\r\n").encode()


@pytest.fixture
def drifted(tmp_path):
    made = small.make(tmp_path)
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.deliver(made, small.name("M02", 0), small.text("M02", small.steady(0)))
    small.run(made)
    small.deliver(made, small.name("M01", 1), changed(small.text("M01", small.steady(1))))
    small.run(made)
    return made


def test_it_is_noticed(drifted):
    (one,) = drifting_machines(drifted)
    assert (one.machine, one.layout, one.aside, one.name) == ("M01", "counted", 12, small.name("M01", 1))
    assert drifting_machines(drifted, "M02") == []
    (finding,) = [finding for finding in check_all(drifted) if finding.check == "drift"]
    assert (finding.state, finding.facts["machine"]) == ("warning", "M01")


def test_nothing_is_noticed_where_nothing_is(tmp_path):
    made = small.make(tmp_path)
    assert drifting_machines(made) == []
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.run(made)
    assert drifting_machines(made) == []


def test_it_is_explained_and_mended(drifted):
    (one,) = drifting_machines(drifted)
    what = drift_of(drifted, one)
    assert [Words("en").show(change.phrase) for change in what.changes] == ["column 5 was added, as 77,5"]
    assert (what.document["name"], what.document["fields"]["quality"]["column"]) == ("counted_v2", 6)
    with pytest.raises(Exception) as ended:
        command(folder=drifted.folder, write=True)
    assert ended.value.exit_code == 1
    machines = drifted.folder / "machines.csv"
    machines.write_text(machines.read_text().replace("M01,L1,counted", "M01,L1,counted_v2"))
    mended = small.load(drifted.folder)
    assert request_decode(mended, quarantined_files(mended)) == 1
    report = small.run(mended)
    assert (report.counts.items["new"], report.counts.files["retried"]) == (12, 1)
    assert drifting_machines(mended) == []


def test_it_is_printed_with_the_quarantine(drifted, capsys):
    quarantine(folder=drifted.folder)
    printed = capsys.readouterr()
    (one,) = drifting_machines(drifted)
    assert f"aponta files drift {one.sha256[:12]}" in printed.err


def test_a_file_that_is_written_as_ever(drifted, capsys):
    sha256 = next(row["sha256"] for row in small_files(drifted) if row["name"] == small.name("M02", 0))
    assert drift_of(drifted, drifting_file(drifted, sha256)).changes == ()
    command(sha256[:12], folder=drifted.folder)
    assert "counted" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="pipeline.read_by_none"):
        drifting_file(drifted, "0" * 64)


def small_files(factory):
    from aponta.usecases.read.published import query

    return query(factory, "SELECT file_sha256 AS sha256, name FROM silver.files")
