"""A pass as a whole: it accounts for every row, runs again without a trace, step by step, and never two at once."""

import threading
from datetime import timedelta

import factory as small
import pytest

from aponta.errors import ContractError, TransientError
from aponta.ops.lock import pass_lock
from aponta.pipeline.report import Progress

ALL_ZERO = {"files": {0}, "rows": {0}, "items": {0}, "stock": {0}}


@pytest.fixture
def factory(tmp_path):
    return small.make(tmp_path)


def test_every_row_of_every_file_is_accounted_for(factory):
    ten = small.text("M01", small.steady(0))
    rows = ten.splitlines(keepends=True)
    later = small.text("M01", small.steady(1))
    first = [
        ("M01", 0, "", ten),
        ("M01", 0, "_copy", ten),  # the same bytes again: not counted again
        ("M01", 1, "", later + b"\r\n# a word\r\nM01;x;y\r\nM01;99;31/02/2026 08:59:00.0;P;A;5\r\n"),
        ("M02", 0, "", b"# of M01\r\n" + rows[1]),  # another machine's
        ("M02", 1, "", b""),
        ("M09", 0, "", b"who\r\nis\r\nthis\r\n"),
        ("N01", 0, "", small.text("N01", small.steady(0))[:-14]),  # ends within a row
    ]
    second = [
        ("M01", 0, "", b"".join(rows[:5]).replace(b";A;", b";R;")),  # a lesser version that says otherwise
        ("M01", 1, "_again", b"".join([*rows[8:], *rows[8:10], later])),  # known, repeated, and known again
        ("M01", 2, "", small.text("M01", small.steady(2))),
    ]
    items = 0
    for files in (first, second):
        for machine, hour, tail, data in files:
            small.deliver(factory, small.name(machine, hour, tail), data)
        report = small.run(factory)
        distinct = {data for *_, data in files if data}
        assert report.counts.rows["total"] == sum(data.count(b"\n") + (not data.endswith(b"\n")) for data in distinct)
        items += report.counts.items["new"] - report.counts.items["withdrawn"]
        assert len(small.content(factory, "silver.items")) == items
    assert report.counts.items == {"new": 12, "known": 17, "changed": 4, "repeated": 2, "withdrawn": 0}
    for file in small.content(factory, "silver.files"):
        assert file["rows"] == file["records"] + file["quarantined"] + file["skipped"], file
        assert file["records"] == sum(file[f"items_{kind}"] for kind in ("new", "known", "changed", "repeated")), file
    reasons = {row["reason"] for row in small.content(factory, "silver.quarantine")}
    assert reasons == {"columns", "time", "wrong_machine", "empty", "unknown_machine", "truncated"}
    assert sum(row["row_no"] is not None for row in small.content(factory, "silver.quarantine")) == 3


def test_a_second_pass_finds_nothing_to_do(factory):
    for hour in (0, 1):
        small.deliver(factory, small.name("M01", hour), small.text("M01", small.steady(hour)))
    small.run(factory)
    before = small.versions(factory), small.everything(factory)
    log = sorted(factory.lake_folder.rglob("*"))
    again = small.run(factory).as_json()
    assert {name: set(again[name].values()) for name in ALL_ZERO} == ALL_ZERO
    assert sorted(factory.lake_folder.rglob("*")) == log
    assert (small.versions(factory), small.everything(factory)) == before


def test_each_step_goes_on_from_what_the_last_one_left(factory, tmp_path_factory):
    other = small.make(tmp_path_factory.mktemp("whole"))
    for hour in (0, 1, 0):
        for each in (factory, other):
            small.deliver(each, small.name("M01", hour), small.text("M01", small.steady(hour, count=8 + hour)))
    for step in ("collect", "decode", "refine", "ship"):
        small.run(factory, steps=[step])
    small.run(other)
    assert small.everything(factory) == small.everything(other)


def test_time_before_the_first_item_belongs_to_its_product(factory):
    small.deliver(factory, small.name("M01", 0), small.text("M01", [small.Item(600, 1, "Q")]))
    small.run(factory)
    (row,) = small.content(factory, "kpi.oee")
    assert (row["product"], row["calendar_ms"], row["produced"]) == ("Q", 3_600_000, 1)


def test_while_one_pass_works_another_waits_and_then_says_for_whom(factory):
    small.deliver(factory, small.name("M01", 0), small.text("M01", small.steady(0)))
    works, leave = threading.Event(), threading.Event()
    clock = lambda: small.START + timedelta(minutes=1)  # noqa: E731

    def work():
        with pass_lock(factory.data, 0, clock):
            works.set()
            leave.wait(30)

    factory.data.mkdir()
    other = threading.Thread(target=work)
    other.start()
    assert works.wait(30)
    heard = []
    with pytest.raises(TransientError) as busy:
        small.run(factory, wait_seconds=0.2, progress=Progress(wait=heard.append))
    assert busy.value.code == "ops.busy"
    assert "process" in str(busy.value.facts["who"])
    since = (small.START + timedelta(minutes=1)).astimezone()
    assert busy.value.facts["since"] == f"{since:%Y-%m-%d %H:%M}"
    assert [holder.since for holder in heard] == [small.START + timedelta(minutes=1)]
    assert not (factory.data / "ops.db").exists(), "nothing was touched meanwhile"
    threading.Timer(0.5, leave.set).start()
    assert small.run(factory, wait_seconds=30).counts.files["new"] == 1, "it goes on once the other has ended"
    other.join()


def test_a_machine_whose_first_hours_are_idle(factory):
    small.deliver(factory, small.name("M01", 0), small.text("M01", []))
    small.run(factory)
    (stop,) = small.content(factory, "silver.stops")
    assert (stop["kind"], stop["ms"], stop["product"]) == ("stop", 3_600_000, "unknown")
    small.deliver(factory, small.name("M01", 1), small.text("M01", [small.Item(3600 + 900, 1, "Q", cycle="0")]))
    small.run(factory)
    opening, tail = small.content(factory, "silver.stops")
    assert (opening["ms"], opening["product"], tail["ms"]) == (4_500_000, "Q", 2_700_000 - 900_000)


def test_a_lost_or_older_ledger_stops_the_pass_before_a_file_is_taken(factory):
    """It would number batches that the lake takes for done: their items would be left out in silence."""
    for hour in range(2):
        small.deliver(factory, small.name("M01", hour), small.text("M01", small.steady(hour)))
        small.run(factory)
    before = small.content(factory, "silver.items")
    for path in factory.data.glob("ops.db*"):
        path.rename(path.with_name("kept-" + path.name))
    small.deliver(factory, small.name("M01", 2), small.text("M01", small.steady(2)))
    with pytest.raises(ContractError) as raised:
        small.run(factory)
    assert raised.value.code == "pipeline.ledger_behind"
    for path in factory.data.glob("ops.db*"):
        path.unlink()
    for path in factory.data.glob("kept-*"):
        path.rename(path.with_name(path.name.removeprefix("kept-")))
    small.run(factory)
    assert len(small.content(factory, "silver.items")) == len(before) + 12


def test_a_product_nobody_knows_is_told_as_rejected(factory):
    small.deliver(factory, small.name("M01", 0), small.text("M01", small.steady(0, product="X")))
    shipped = small.run(factory).shipped
    assert (shipped.prepared, shipped.acknowledged, shipped.rejected) == (1, 0, 1)


def test_a_product_that_nobody_knew_goes_with_the_next_pass_even_when_nothing_came(tmp_path):
    known = small.FILES["products.csv"]
    factory = small.make(tmp_path, products=known.replace("P,pc,1,SKU-P\n", ""))
    small.deliver(factory, small.name("M01", 0), small.text("M01", small.steady(0)))
    assert small.run(factory).shipped.rejected == 1
    factory = small.make(tmp_path, products=known)
    assert small.run(factory).shipped.acknowledged == 1
    assert small.on_hand(factory) == {("SKU-P", "finished"): 12}
    assert small.run(small.make(tmp_path, products=known.replace("SKU-P", "SKU-NEW"))).shipped.acknowledged == 0
    assert small.on_hand(factory) == {("SKU-P", "finished"): 12}
