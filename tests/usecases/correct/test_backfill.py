"""The law of backfills: over an unchanged factory one changes nothing; after a layout was mended the tables and stock
are as if it had been right from the start.
"""

from datetime import timedelta

import factory as small
import pytest

from aponta.errors import ConfigError
from aponta.pipeline.ledger import batches
from aponta.usecases.correct import backfill as backfilling
from aponta.usecases.correct.accept import accept_file
from aponta.usecases.correct.retry import request_decode
from aponta.usecases.read.published import query

DAY = (small.START, small.START + timedelta(days=1))
COUNTED = small.FILES["layouts/counted.toml"]
MENDED = {
    "more rows are read": {"counted": COUNTED.replace('null = ["", "-"]', 'null = ["", "-", "n/a"]')},
    "fewer rows are read": {"counted": COUNTED.replace('null = ["", "-"]', 'null = [""]')},
    "another quality": {"counted": COUNTED.replace('R = "scrap"', 'R = "rework"')},
    "another unit": {"counted": COUNTED.replace("cycle_s = { column = 6 }", "cycle_s = { column = 6, scale = 10 }")},
    "another hour": {"counted": COUNTED.replace("[text]", '[text]\ntimezone = "America/Manaus"')},
    "a trailer that is none": {"counted": COUNTED.replace("trailer = '^# end (?P<rows>\\d+)'\n", "")},
    "another layout": {
        "counted": COUNTED.replace('name = "counted"', 'name = "counted_2"').replace('T = "rework"', 'T = "good"'),
        "machines": small.MACHINES.replace("counted,finished", "counted_2,finished").replace(
            "counted,intermediate", "counted_2,intermediate"
        ).replace("uncounted_2", "uncounted"),
    },
    "another machine": {"machines": small.MACHINES + "M07,L1,counted,finished\n"},
}  # fmt: skip


def deliver(factory):
    """What machines write: versions, overlaps, one under two names, one that spills, odd rows, a trailer that lies."""
    odd = [small.Item(one.at, one.counter, cycle="n/a" if one.counter % 3 else "-") for one in small.steady(0)]
    files = [
        ("M01", 0, "", odd, True),
        ("M01", 0, "", odd[:5] + [small.Item(odd[5].at, 6, quality="R")] + odd[6:8], True),  # a worse version, so far
        ("M01", 1, "", [*small.steady(1, quality="T"), small.Item(7300, 99)], True),
        ("M01", 2, "", small.steady(2, 6), True),
        ("M01", 2, "_b", small.steady(2, 8, quality="R"), True),
        ("M01", 2, "_copy", small.steady(2, 6), True),
        ("M01", 3, "", small.steady(3, 4, quality="R"), 9),
        ("M02", 0, "", small.steady(0, 5), True),
        ("M07", 0, "", small.steady(0, 3), True),
        ("N01", 1, "", small.steady(1, 5), True),
    ]
    for number, (machine, hour, tail, made, end) in enumerate(files):
        small.deliver(factory, small.name(machine, hour, tail), small.text(machine, made, end), written=number)


def backfill(factory, *, machine=None, now=small.WEEK_LATER, times=DAY):
    """Returns what was shown before."""
    shown = backfilling.preview_backfill(factory, lambda: now, *times, machine)
    request_decode(factory, shown.changed, redecode="always")
    while backfilling.backfill_remaining(factory):
        small.run(factory, now)
    return shown


def same(one, other):
    for name in one:
        assert one[name] == other[name], name


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    factory = small.make(tmp_path_factory.mktemp("made"))
    deliver(factory)
    small.run(factory)
    return factory


@pytest.fixture
def factory(made, tmp_path):
    return small.copy_to(made, tmp_path / "one")


def mended(factory, changed):
    return small.make(factory.folder, **changed)


@pytest.mark.parametrize(("name", "files"), [*((name, 3) for name in MENDED), ("more rows are read", 2)])
def test_mended_is_as_if_it_had_been_right_from_the_start(factory, tmp_path, monkeypatch, name, files):
    """However few files a batch takes. What is shown is what is done, and then there is nothing more to do."""
    monkeypatch.setattr(batches, "BATCH_FILES", files)
    before = small.facts(factory)
    held = small.on_hand(factory)
    now = mended(factory, MENDED[name])
    shown = backfill(now)
    right = small.make(tmp_path / "right", **MENDED[name])
    deliver(right)
    small.run(right)
    after = small.facts(now)
    same(after, small.facts(right))
    assert after != before
    previewed, in_stock = {}, small.on_hand(now)
    for one in shown.effect.corrections:
        previewed[one.product, one.location] = previewed.get((one.product, one.location), 0) + one.quantity
    for place in {*previewed, *held, *in_stock}:
        assert in_stock.get(place, 0) - held.get(place, 0) == previewed.get(place, 0), place
    if files == 2:  # looking once more costs as much as doing it: in one case
        again = backfilling.preview_backfill(now, lambda: small.WEEK_LATER, *DAY)
        assert (again.changed, again.effect.hours, again.effect.corrections) == ({}, set(), [])


def test_over_an_unchanged_factory_it_changes_nothing(factory):
    before = small.everything(factory), small.receipts(factory)
    shown = backfill(factory)
    assert (shown.files, shown.changed, shown.unread) == (8, {}, {})
    assert (shown.effect.items, shown.effect.hours, shown.effect.corrections) == (0, set(), [])
    assert (small.everything(factory), small.receipts(factory)) == before


def test_showing_it_writes_nothing(factory):
    before = small.everything(factory), small.receipts(factory)
    now = mended(factory, MENDED["another quality"])
    assert backfilling.preview_backfill(now, lambda: small.WEEK_LATER, *DAY).changed
    assert (small.everything(now), small.receipts(now)) == before
    assert not (factory.data / "staging" / "batch-0").exists()


def test_stopped_it_goes_on_where_it_was(factory, tmp_path, monkeypatch):
    """A pass works off one batch; asked for again, only what is left is read anew, and it ends the same."""
    monkeypatch.setattr(batches, "BATCH_FILES", 2)
    now = mended(factory, MENDED["another quality"])
    shown = backfilling.preview_backfill(now, lambda: small.WEEK_LATER, *DAY)
    request_decode(now, shown.changed, redecode="always")
    count = len(shown.changed)
    assert backfilling.backfill_remaining(now) == count
    small.run(now)
    assert 0 < backfilling.backfill_remaining(now) < count
    left = backfilling.preview_backfill(now, lambda: small.WEEK_LATER, *DAY)
    assert 0 < len(left.changed) < count
    assert request_decode(now, left.changed, redecode="always") == 0, "they are asked for already"
    while backfilling.backfill_remaining(now):
        small.run(now)
    right = small.make(tmp_path / "right", **MENDED["another quality"])
    deliver(right)
    small.run(right)
    same(small.facts(now), small.facts(right))


def test_new_files_go_first(factory, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_FILES", 2)
    now = mended(factory, MENDED["another quality"])
    request_decode(now, backfilling.preview_backfill(now, lambda: small.WEEK_LATER, *DAY).changed, redecode="always")
    small.deliver(now, small.name("N01", 5), small.text("N01", small.steady(5, 3)), written=99999)
    report = small.run(now)
    assert (report.counts.files["new"], report.counts.files["retried"]) == (1, 2)


def test_only_of_a_machine_and_of_some_hours(factory):
    now = mended(factory, MENDED["another unit"])
    shown = backfilling.preview_backfill(now, lambda: small.WEEK_LATER, *DAY, "M02")
    assert {*shown.changed.values()} == {small.name("M02", 0)}
    hour = (small.START + timedelta(hours=3), small.START + timedelta(hours=4))
    shown = backfilling.preview_backfill(now, lambda: small.WEEK_LATER, *hour)
    assert {*shown.changed.values()} == {small.name("M01", 3)}
    assert shown.effect.items == 4


def test_the_fact_that_changed_has_its_cause(factory):
    backfill(mended(factory, MENDED["another quality"]), machine="M01", times=(DAY[0] + timedelta(hours=3), DAY[1]))
    rows = query(factory, "SELECT quality, old_pieces, new_pieces, cause FROM gold.restatements ORDER BY quality")
    assert [tuple(row.values()) for row in rows] == [("rework", 0, 4, "backfilled"), ("scrap", 4, 0, "backfilled")]


def test_what_a_person_accepted_stays_accepted(factory):
    [lies] = query(factory, "SELECT file_sha256 FROM silver.files WHERE trailer = 'wrong'")
    accept_file(factory, lies["file_sha256"])
    small.run(factory)
    held = small.on_hand(factory)
    now = mended(factory, MENDED["another unit"])
    assert backfill(now).effect.corrections == []
    assert small.on_hand(now) == held


def test_another_file_that_reads_otherwise_too_is_reported_before_anything_is_done(factory):
    """The file of the hour before spills into this one, and its own hour is another file's, too."""
    hour = (small.START + timedelta(hours=2), small.START + timedelta(hours=3))
    small.deliver(
        factory,
        small.name("M01", 1, "_b"),
        small.text("M01", [small.Item(3605, 500), small.Item(3601, 1, cycle="n/a")]),
    )
    small.run(factory)
    before = small.facts(factory)
    now = mended(factory, MENDED["more rows are read"])
    with pytest.raises(ConfigError) as refused:
        backfilling.preview_backfill(now, lambda: small.WEEK_LATER, *hour)
    assert refused.value.code == "pipeline.read_otherwise"
    assert small.facts(now) == before


def test_what_cannot_be_read_any_more_stays_and_is_reported(factory):
    before = small.facts(factory)
    shown = backfill(mended(factory, {"counted": COUNTED.replace("# of (?P<machine>", "# (?P<machine>of) (?:")}))
    names = {small.name("M01", hour) for hour in range(4)} | {small.name("M01", 2, "_b"), small.name("M02", 0)}
    assert ({*shown.unread.values()}, len(shown.unread), shown.changed) == (
        {(name, "wrong_machine") for name in names},
        7,
        {},
    )
    assert small.facts(factory) == before


def test_wrong_use(factory):
    with pytest.raises(ConfigError, match="no_machine"):
        backfilling.preview_backfill(factory, lambda: small.WEEK_LATER, *DAY, "M99")
    with pytest.raises(ConfigError, match="no_time_between"):
        backfilling.preview_backfill(factory, lambda: small.WEEK_LATER, DAY[1], DAY[0])
