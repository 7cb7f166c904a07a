"""A quarantine is a place, not a grave: what was mended is decoded again, as if it had been right from the start."""

import factory as small
import pytest
from sqlalchemy import select

from aponta.ops.database import connect, transaction
from aponta.ops.tables import arrival
from aponta.usecases.correct.retry import quarantined_files, request_decode
from aponta.usecases.read.published import query

ITEMS = small.steady(0)
ODD = [item if item.counter % 3 else small.Item(item.at, item.counter, cycle="n/a") for item in ITEMS]


def mend(factory, old, new, name="counted"):
    path = factory.folder / "layouts" / f"{name}.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return small.load(factory.folder)


def retry(factory, **options):
    asked = request_decode(factory, quarantined_files(factory, **options))
    return asked, small.run(factory)


def statuses(factory):
    rows = query(factory, "SELECT status, in_force FROM silver.files ORDER BY arrival")
    return [(row["status"], row["in_force"]) for row in rows]


def quarantine(factory):
    rows = query(factory, "SELECT row_no, status FROM silver.quarantine ORDER BY ALL")
    return [(row["row_no"], row["status"]) for row in rows]


@pytest.fixture
def factory(tmp_path):
    made = small.make(tmp_path / "one")
    small.deliver(made, small.name("M01", 0), small.text("M01", ODD))
    small.deliver(made, small.name("M01", 1), small.text("M01", small.steady(1)))
    small.run(made)
    return made


def test_rows_count_once_their_layout_is_mended(factory, tmp_path):
    assert [status for _, status in quarantine(factory)] == ["open"] * 4
    mended = mend(factory, 'null = ["", "-"]', 'null = ["", "-", "n/a"]')
    asked, report = retry(mended)
    assert (asked, report.counts.files["retried"]) == (1, 1)
    assert (report.counts.items["new"], report.counts.items["known"], report.counts.items["withdrawn"]) == (4, 8, 0)
    assert [status for _, status in quarantine(mended)] == ["solved"] * 4
    assert statuses(mended) == [("new", False), ("new", True), ("retried", True)]
    right = small.make(tmp_path / "other", counted=(mended.folder / "layouts/counted.toml").read_text(encoding="utf-8"))
    small.deliver(right, small.name("M01", 0), small.text("M01", ODD))
    small.deliver(right, small.name("M01", 1), small.text("M01", small.steady(1)))
    small.run(right)
    assert small.facts(mended) == small.facts(right)
    restated = query(mended, "SELECT old_pieces, new_pieces, cause FROM gold.restatements")
    assert restated == [{"old_pieces": 8, "new_pieces": 12, "cause": "retried"}]


def test_again_and_again_changes_nothing_more(factory):
    mended = mend(factory, 'null = ["", "-"]', 'null = ["", "-", "n/a"]')
    retry(mended)
    before = small.facts(mended)
    assert quarantined_files(mended) == []
    rows = query(mended, "SELECT DISTINCT file_sha256 FROM silver.files")
    assert request_decode(mended, [row["file_sha256"] for row in rows]) == 2
    report = small.run(mended)
    assert (report.counts.items["new"], report.counts.items["known"]) == (0, 24)
    assert small.facts(mended) == before


def test_what_is_not_mended_stays_where_it_is(factory):
    before = small.facts(factory), quarantine(factory)
    asked, report = retry(factory)
    assert (asked, report.counts.items["new"]) == (1, 0)
    assert (small.facts(factory), quarantine(factory)) == before


def test_a_file_of_which_less_would_read_stays_as_it_was(factory):
    before = small.facts(factory), quarantine(factory)
    spoilt = mend(factory, "%d/%m/%Y", "%m/%d/%Y")
    _, report = retry(spoilt)
    assert report.counts.files["retried"] == 0 and report.counts.files["duplicate"] == 1
    assert (small.facts(spoilt), quarantine(spoilt)) == before


def test_a_machine_that_is_known_now(tmp_path):
    factory = small.make(tmp_path)
    small.deliver(factory, small.name("M07", 0), small.text("M07", ITEMS))
    assert small.run(factory).counts.files["quarantined"] == 1
    with (factory.folder / "machines.csv").open("a", encoding="utf-8") as machines:
        machines.write("M07,L1,counted,finished\n")
    known = small.load(factory.folder)
    asked, report = retry(known, reason="unknown_machine")
    assert (asked, report.counts.items["new"], report.counts.files["new"]) == (1, 12, 1)
    assert quarantine(known) == [(None, "solved")]
    assert small.on_hand(known)


def test_only_what_is_asked_for(factory):
    small.deliver(factory, small.name("M09", 0), b"x")
    small.run(factory)
    assert len(quarantined_files(factory)) == 2
    assert len(quarantined_files(factory, machine="M01")) == len(quarantined_files(factory, reason="number")) == 1
    assert quarantined_files(factory, machine="M02") == quarantined_files(factory, reason="o'clock") == []


def test_it_comes_as_it_came_first(factory):
    request_decode(factory, quarantined_files(factory))
    engine = connect(factory.ops_url)
    try:
        with transaction(engine) as connection:
            first, *_, again = connection.execute(select(arrival).order_by(arrival.c.id)).mappings()
    finally:
        engine.dispose()
    same = [name for name in first if name not in ("id", "batch", "status", "redecode")]
    assert [first[name] for name in same] == [again[name] for name in same]
    assert again["redecode"] == "if_more" and again["batch"] is None
