"""What was typed wrong at a machine, put right by a person: the tables and stock are as if that had been known from the
start, whatever comes when; and taken back, as if it had never been.
"""

import tempfile
from pathlib import Path

import factory as small
import pytest
from hypothesis import strategies as st
from laws import law, same

from aponta.contract.reassignment import Reassignment
from aponta.errors import ConfigError
from aponta.factory_calendar import to_us
from aponta.ops.database import connect, transaction
from aponta.pipeline.ledger import reassignments
from aponta.pipeline.restate import restatement
from aponta.usecases.correct import preview, reassign
from aponta.usecases.read.published import query

SECOND = 1_000_000


def wrong(machine="M01", since=0, until=3600, product=None, quality=None, to_product=None, to_quality=None):
    """Seconds after START."""
    moments = [to_us(small.START) + int(at * SECOND) for at in (since, until)]
    return Reassignment(0, machine, *moments, product, quality, to_product, to_quality)


P_IS_Q = wrong(until=4300, product="P", to_product="Q")


def put(factory, what, now=small.WEEK_LATER):
    return reassign.reassign(factory, what, "ana", "setup sheet not changed", lambda: now)


def take_back(factory, number):
    reassign.undo_reassignment(factory, number, "rui", lambda: small.WEEK_LATER)


def hourly(factory, *hours, machine="M01", **same):
    for hour in hours:
        small.deliver(factory, small.name(machine, hour), small.text(machine, small.steady(hour, 6, **same)))


@pytest.fixture
def ran(tmp_path):
    factory = small.make(tmp_path / "one")
    hourly(factory, 0, 1, 2)
    small.run(factory)
    return factory


def production(factory):
    rows = query(factory, "SELECT product, quality, sum(pieces)::BIGINT AS n FROM gold.production GROUP BY ALL")
    return {(row["product"], row["quality"]): row["n"] for row in rows}


def test_another_product(ran):
    """An hour and a half of a product that was another one: stock is told what it was, and what it is."""
    assert small.on_hand(ran) == {("SKU-P", "finished"): 18}
    put(ran, P_IS_Q)
    report = small.run(ran)
    restated = [(one.machine, one.hours, one.causes) for one in report.restated.values()]
    assert restated == [("M01", 2, ("reassigned",))]
    assert production(ran) == {("P", "good"): 9, ("Q", "good"): 9}
    assert small.on_hand(ran) == {("SKU-P", "finished"): 9, ("Q", "finished"): 9}
    assert (report.shipped.prepared, report.shipped.acknowledged) == (4, 4)
    assert small.run(ran).restated == {}


def test_what_the_machine_wrote_stays(ran):
    put(ran, P_IS_Q)
    small.run(ran)
    rows = query(
        ran, "SELECT product, product_at_source, quality_at_source, count(*) AS n FROM silver.items GROUP BY ALL"
    )
    assert {(row["product"], row["product_at_source"]): row["n"] for row in rows} == {("Q", "P"): 9, ("P", None): 9}
    assert {row["quality_at_source"] for row in rows} == {None}
    rows = query(ran, "SELECT product, old_pieces, new_pieces, cause FROM gold.restatements ORDER BY hour, product")
    assert [tuple(row.values()) for row in rows] == [
        ("P", 6, 0, "reassigned"), ("Q", 0, 6, "reassigned"), ("P", 6, 3, "reassigned"), ("Q", 0, 3, "reassigned")
    ]  # fmt: skip


def test_what_was_acknowledged_is_never_edited(ran):
    columns = "key, product, revision, pieces, state"
    before = query(ran, f"SELECT {columns} FROM gold.stock_declarations ORDER BY key")
    put(ran, P_IS_Q)
    small.run(ran)
    after = query(ran, f"SELECT {columns} FROM gold.stock_declarations ORDER BY key")
    assert [row for row in after if row in before] == before
    corrections = [(row["product"], row["revision"], row["pieces"]) for row in after if row not in before]
    assert sorted(corrections) == [("P", 2, -6), ("P", 2, -3), ("Q", 1, 3), ("Q", 1, 6)]


def test_quality_that_nobody_classed(tmp_path):
    factory = small.make(tmp_path)
    hourly(factory, 0, quality="?")
    small.run(factory)
    assert small.on_hand(factory) == {}
    put(factory, wrong(until=1000, quality="unknown", to_quality="scrap"))
    put(factory, wrong(quality="unknown", to_quality="good"))
    small.run(factory)
    assert production(factory) == {("P", "scrap"): 4, ("P", "good"): 2}
    assert small.on_hand(factory) == {("SKU-P", "scrap"): 4, ("SKU-P", "finished"): 2}
    [flags] = query(factory, "SELECT DISTINCT flags, quality_at_source FROM silver.items")
    assert flags == {"flags": "quality_code", "quality_at_source": "unknown"}


def test_only_what_is_meant(tmp_path):
    """From the first moment on, up to the last and without it; of that machine, product and quality."""
    factory = small.make(tmp_path)
    made = [
        small.Item(at, at, product, quality)
        for at, product, quality in ((99, "P", "A"), (100, "P", "A"), (150, "B", "A"), (160, "P", "R"), (200, "P", "A"))
    ]
    small.deliver(factory, small.name("M01", 0), small.text("M01", made))
    small.deliver(factory, small.name("M02", 0), small.text("M02", made))
    put(factory, wrong(since=100, until=200, product="P", quality="good", to_product="Q", to_quality="rework"))
    small.run(factory)
    rows = query(factory, "SELECT machine, counter FROM silver.items WHERE product = 'Q'")
    assert [tuple(row.values()) for row in rows] == [("M01", 100)]
    [row] = query(factory, "SELECT * FROM silver.items WHERE product = 'Q'")
    assert (row["quality"], row["quality_at_source"], row["product_at_source"]) == ("rework", "good", "P")


def test_a_change_of_product_within_steady_rows_is_a_run(tmp_path):
    """Rows that just go on are not sorted: where a person cut them they no longer go on."""
    factory = small.make(tmp_path)
    many = [small.Item(at, at + 1, cycle="1") for at in range(600)]
    small.deliver(factory, small.name("M01", 0), small.text("M01", many))
    small.run(factory)
    put(factory, wrong(since=200, until=400, to_product="Q"))
    small.run(factory)
    rows = query(factory, "SELECT product FROM silver.runs ORDER BY started_at")
    assert [row["product"] for row in rows] == ["P", "Q", "P"]


def test_one_after_the_other_and_each_taken_back(ran):
    before = small.facts(ran)
    first = put(ran, wrong(until=7200, product="P", to_product="Q"))
    second = put(ran, wrong(since=3600, until=10800, product="Q", to_product="B"))
    small.run(ran)
    assert production(ran) == {("Q", "good"): 6, ("B", "good"): 6, ("P", "good"): 6}
    take_back(ran, first)
    small.run(ran)
    assert small.facts(ran) == before, "nothing is Q that the second could turn into B"
    take_back(ran, second)
    assert small.run(ran).restated["M01"].causes == ("reassigned",)
    assert small.facts(ran) == before
    engine = connect(ran.ops_url)
    with transaction(engine) as connection:
        one, _ = reassignments.recorded_reassignments(connection, "M01")
        assert reassignments.recorded_reassignments(connection, "M02") == []
    engine.dispose()
    assert (one.who, one.undone_by, one.why) == ("ana", "rui", "setup sheet not changed")


def test_taken_back_before_anything_was_made_of_it(ran):
    take_back(ran, put(ran, P_IS_Q))
    assert small.run(ran).restated == {}


def test_only_its_hours_are_rebuilt(tmp_path):
    factory = small.make(tmp_path)
    hourly(factory, 0, 1, 2, 24, 25)
    hourly(factory, 0, machine="M02")
    small.run(factory)
    put(factory, wrong(since=3599, until=3601, to_product="Q"))
    assert [(one.machine, one.hours) for one in small.run(factory).restated.values()] == [("M01", 2)]
    put(factory, wrong(since=24 * 3600, until=24 * 3600 + 1, to_product="Q"))
    put(factory, wrong(since=30 * 3600, until=99 * 3600, to_product="Q"))
    assert [(one.machine, one.hours) for one in small.run(factory).restated.values()] == [("M01", 2)]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("no_machine", wrong(machine="M09", to_product="Q")),
        ("no_product", wrong(to_product="QQ")),
        ("no_quality", wrong(to_quality="fine")),
        ("no_quality", wrong(quality="fine", to_quality="good")),
        ("no_time_between", wrong(since=10, until=10, to_product="Q")),
        ("nothing_else", wrong(product="P")),
        ("nothing_else", wrong(product="P", to_product="P", quality="good", to_quality="good")),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, code, what):
    factory = small.make(tmp_path)
    with pytest.raises(ConfigError) as refused:
        put(factory, what)
    assert refused.value.code == f"pipeline.{code}"


def test_without_a_reason_or_a_reassignment(ran):
    with pytest.raises(ConfigError, match="no_why"):
        reassign.reassign(ran, P_IS_Q, "ana", " ", lambda: small.WEEK_LATER)
    with pytest.raises(ConfigError, match="no_reassignment"):
        take_back(ran, 7)
    number = put(ran, P_IS_Q)
    take_back(ran, number)
    with pytest.raises(ConfigError, match="reassignment_undone"):
        take_back(ran, number)


# -- the law of order, with people


@st.composite
def stories(draw):
    """Files and reassignments, in the order of some factory; some are taken back."""
    files = set()
    products, qualities = st.sampled_from("PPQ"), st.sampled_from("AARX")
    for machine in ("M01", "N01"):
        for hour in draw(st.lists(st.integers(0, 3), min_size=1, max_size=3)):
            made = [
                small.Item(hour * 3600 + at, hour * 100 + at // 60, draw(products), draw(qualities))
                for at in sorted({*draw(st.lists(st.sampled_from(range(0, 3600, 300)), min_size=1, max_size=5))})
            ]  # fmt: skip
            tail = draw(st.sampled_from(["", "", "_b"]))
            files.add((small.name(machine, hour, tail), small.text(machine, made)))
    what = []
    for _ in range(draw(st.integers(1, 3))):
        since = draw(st.sampled_from([0, 300, 3600, 5000]))
        until = since + draw(st.sampled_from([1, 900, 5400]))
        product, to_product = draw(st.sampled_from(["P", "Q", None])), draw(st.sampled_from(["P", "Q", "B", None]))
        quality, to_quality = draw(st.sampled_from([("unknown", "good"), ("good", "scrap"), (None, None)]))
        if to_product not in (None, product) or to_quality is not None:
            what.append(
                wrong(draw(st.sampled_from(["M01", "N01"])), since, until, product, quality, to_product, to_quality)
            )
    undone = draw(st.sets(st.integers(0, len(what) - 1), max_size=2)) if what else set()
    events = draw(st.permutations([*(("file", one) for one in sorted(files)), *(("pass", None),) * 2]))
    places = sorted(draw(st.lists(st.integers(0, len(events)), min_size=len(what), max_size=len(what))))
    return sorted(files), what, undone, list(events), places


def any_story(story):
    files, what, undone, events, places = story
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(restatement, "AT_ONCE_HOURS", 2)
        factory = small.make(Path(folder) / "told")
        waiting = list(zip(places, what, strict=True))
        for number, (kind, file) in enumerate([*events, ("pass", None)]):
            while waiting and waiting[0][0] <= number:
                put(factory, waiting.pop(0)[1])
            if kind == "file":
                small.deliver(factory, *file)
            else:
                small.run(factory)
        for one in undone:
            take_back(factory, one + 1)
        small.run(factory)
        known = small.make(Path(folder) / "known")
        for number, one in enumerate(what):
            if number not in undone:
                put(known, one)
        for file in files:
            small.deliver(known, *file)
        small.run(known)
        corrected, right = small.facts(factory), small.facts(known)
        same(corrected, right)


test_any_order_of_files_and_people = law(10, stories(), any_story, first=4)
test_any_order_of_files_and_people_at_length = pytest.mark.slow(
    pytest.mark.timeout(1800)(law(10, stories(), any_story))
)


# -- shown before it is done


def shown(previewed):
    return [(one.product, one.location, one.pieces) for one in previewed.corrections]


def test_what_is_shown_is_what_is_done(ran):
    """And showing it writes nothing."""
    before = small.everything(ran), small.receipts(ran)
    previewed = preview.preview_reassignment(ran, lambda: small.WEEK_LATER, P_IS_Q)
    assert (previewed.items, len(previewed.records)) == (9, 2)
    assert shown(previewed) == [("Q", "finished", 9), ("SKU-P", "finished", -9)]
    assert (small.everything(ran), small.receipts(ran)) == before
    assert small.run(ran).restated == {}
    number = put(ran, P_IS_Q)
    small.run(ran)
    one, previewed = preview.preview_undo(ran, lambda: small.WEEK_LATER, number)
    assert (one.who, previewed.items) == ("ana", 9)
    assert shown(previewed) == [("Q", "finished", -9), ("SKU-P", "finished", 9)]


def test_what_is_about_no_item_was_typed_wrong(ran):
    """Unless no file of that time has come: then it may be known already."""
    with pytest.raises(ConfigError) as refused:
        preview.preview_reassignment(ran, lambda: small.WEEK_LATER, wrong(product="PP", to_product="Q"))
    assert refused.value.facts["made"] == "P good (6)"
    later = wrong(since=5 * 3600, until=6 * 3600, product="PP", to_product="Q")
    assert preview.preview_reassignment(ran, lambda: small.WEEK_LATER, later).items == 0
