from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text

from aponta.contract.stock.sink import Rejection, StockDocument
from aponta.errors import TransientError
from aponta.ship.drain import drain
from aponta.ship.outbox import reason, status
from aponta.ship.outbox.pause import pause_of, pause_posting, resume_posting
from aponta.words import LANGUAGES, Words

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)


class Watched:
    """The sink, with what is done to it told to `before` and `after`, which may raise."""

    def __init__(self, sink, before=lambda what, said: None, after=lambda what, said: None):
        self.name, self.sink, self.before, self.after = sink.name, sink, before, after

    def look_up(self, keys):
        self.before("look_up", keys)
        found = self.sink.look_up(keys)
        self.after("look_up", keys)
        return found

    def post(self, declarations):
        self.before("post", declarations)
        posted = self.sink.post(declarations)
        self.after("post", declarations)
        return posted

    def __getattr__(self, name):
        return getattr(self.sink, name)


def lose(what):
    def raises(done, said):
        if done == what:
            raise TransientError("ship.unreachable", destination="main", place="a cable", why="cut")

    return raises


def refuse(*bad):
    def raises(done, said):
        found = [one.key for one in said if done == "post" and one.pieces in bad]
        if found:
            raise Rejection(found[0], f"no such thing as {bad}")

    return raises


def made(*pieces):
    return {("M1", "P", at, "good"): count for at, count in enumerate(pieces)}


def test_once_is_in_stock_and_twice_is_once(shop):
    shop.prepare(made(10, 20) | {("M2", "B", 0, "scrap"): 25})
    drained = shop.drain()
    assert (drained.acknowledged, drained.rejected, drained.unknown, drained.stopped) == (3, 0, 0, None)
    assert shop.drain().acknowledged == 0
    assert shop.on_hand() == {("SKU-P", "finished"): 30, ("SKU-B", "scrap"): 2}
    assert shop.outbox_rows("state", "reference", "attempts", "shown_in_lake")[0] == (
        "acknowledged",
        "M1 2026-03-02T10Z good 1",
        0,
        False,
    )


def test_it_is_marked_as_sent_before_it_is_posted(shop):
    seen = []
    watched = Watched(shop.sink, before=lambda what, said: seen.append((what, shop.outbox_rows("state"))))
    shop.prepare(made(10))
    shop.drain(watched)
    assert seen == [("look_up", [("prepared",)]), ("post", [("sent",)])]


def test_batches_go_oldest_hour_first_and_are_counted(shop):
    posts, progress = [], []
    watched = Watched(
        shop.sink, before=lambda what, said: what == "post" and posts.append([one.pieces for one in said])
    )
    shop.prepare(made(1, 2, 3, 4))
    drain(shop.engine, shop.destination, watched, lambda: NOW, batch=3, progress=lambda *at: progress.append(at))
    assert posts == [[1, 2, 3], [4]]
    assert progress[-1] == (4, 4)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_answer_is_looked_up_before_it_is_posted_again(shop, moment):
    shop.prepare(made(10, 20))
    drained = shop.drain(Watched(shop.sink, **{moment: lose("post")}))
    assert (drained.unknown, drained.stopped.code) == (2, "ship.unreachable")
    assert shop.outbox_rows("state", "attempts") == [("unknown", 1), ("unknown", 1)]
    posts = []
    drained = shop.drain(Watched(shop.sink, before=lambda what, said: posts.append(what)))
    assert posts == (["look_up", "post"] if moment == "before" else ["look_up"])
    assert drained.acknowledged == 2
    assert shop.on_hand() == {("SKU-P", "finished"): 30}


def test_a_lost_look_up_leaves_what_was_not_sent_prepared(shop):
    shop.prepare(made(10))
    assert shop.drain(Watched(shop.sink, before=lose("look_up"))).unknown == 0
    assert shop.outbox_rows("state", "attempts", "why") == [
        ("prepared", 1, reason.dump_reason("ship.unreachable", destination="main", place="a cable", why="cut"))
    ]


def test_another_try_alone_makes_no_new_image(shop):
    shop.prepare(made(10))
    shop.drain(Watched(shop.sink, before=lose("post")))
    with shop.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET shown_in_lake = (1 = 1)"))
    shop.drain(Watched(shop.sink, before=lose("look_up")))
    assert shop.outbox_rows("state", "attempts", "shown_in_lake") == [("unknown", 2, True)]


@pytest.mark.parametrize("bad", [(1,), (3,), (2, 4), (1, 2, 3, 4)])
def test_a_poison_row_stands_alone_and_the_others_go_on(shop, bad):
    shop.prepare(made(1, 2, 3, 4))
    drained = shop.drain(Watched(shop.sink, before=refuse(*bad)))
    assert (drained.acknowledged, drained.rejected) == (4 - len(bad), len(bad))
    assert [pieces for pieces, state in shop.outbox_rows("pieces", "state") if state == "rejected"] == list(bad)
    assert sum(shop.on_hand().values()) == 10 - sum(bad)
    assert shop.drain().acknowledged == 0, "a dead letter waits for a person"
    shop.decide("retry", *[key for (key,) in shop.outbox_rows("key")])
    assert shop.drain().acknowledged == len(bad)
    assert shop.on_hand() == {("SKU-P", "finished"): 10}


def test_a_correction_waits_for_what_it_corrects(shop):
    shop.prepare(made(10))
    shop.drain(Watched(shop.sink, before=refuse(10)))
    shop.prepare(made(7))
    assert shop.drain().acknowledged == 0
    assert (shop.outbox_rows("revision", "state"), shop.on_hand()) == ([(1, "rejected"), (2, "prepared")], {})
    shop.decide("retry", "SP1:M1:P:20260302T10:good:1")
    assert shop.drain().acknowledged == 2
    assert shop.on_hand() == {("SKU-P", "finished"): 7}


def test_a_correction_in_the_same_drain_waits_too(shop):
    shop.prepare(made(10, 1))
    shop.prepare(made(7, 1))
    shop.prepare(made(9, 1))
    assert shop.drain(Watched(shop.sink, before=refuse(10))).acknowledged == 1
    assert shop.on_hand() == {("SKU-P", "finished"): 1}
    shop.decide("retry", "SP1:M1:P:20260302T10:good:1")
    assert shop.drain().acknowledged == 3
    assert shop.on_hand() == {("SKU-P", "finished"): 10}


def test_what_the_stock_system_refuses_may_go_under_another_code(shop):
    shop.prepare(made(7))
    shop.drain(Watched(shop.sink, before=refuse(7)))
    shop.products["P"] = replace(shop.products["P"], stock_code="SKU-RIGHT", unit="un")
    shop.decide("retry", "SP1:M1:P:20260302T10:good:1")
    shop.drain()
    assert shop.on_hand() == {("SKU-RIGHT", "finished"): 7}


def test_what_is_in_stock_is_never_declared_again_under_another_code_or_unit(shop):
    shop.prepare(made(7))
    shop.drain()
    shop.products["P"] = replace(shop.products["P"], stock_code="SKU-RIGHT", unit="box", pieces_per_unit=2)
    assert (shop.prepare(made(7)), shop.decide("retry", "SP1:M1:P:20260302T10:good:1")) == (0, 0)
    assert (shop.drain().acknowledged, shop.on_hand()) == (0, {("SKU-P", "finished"): 7})


@pytest.mark.parametrize(
    ("before", "after", "quantity"),
    [
        (("pc", 1), ("box", 12), 2),
        (("box", 12), ("pc", 1), 30),
        (("box", 12), ("kg", Decimal("0.5")), 60),
        (("box", 12), ("box", 12), 2),
    ],
)
def test_a_rejected_declaration_takes_the_unit_that_the_product_has_now(shop, before, after, quantity):
    shop.products["P"] = type(shop.products["P"])("SKU-P", *before)
    shop.prepare(made(30))
    shop.drain(Watched(shop.sink, before=refuse(30)))
    shop.products["P"] = type(shop.products["P"])("SKU-RIGHT", *after)
    assert shop.decide("retry", "SP1:M1:P:20260302T10:good:1") == 1
    shop.drain()
    assert shop.on_hand() == {("SKU-RIGHT", "finished"): quantity}
    assert shop.outbox_rows("unit", "quantity", "state") == [(after[0], quantity, "acknowledged")]


def test_what_was_refused_under_a_second_code_too_may_go_in_another_unit(shop):
    for code, unit in (("SKU-P", ("box", 12)), ("SKU-Q", ("box", 12)), ("SKU-RIGHT", ("pc", 1))):
        shop.products["P"] = type(shop.products["P"])(code, *unit)
        shop.prepare(made(30))
        shop.decide("retry", "SP1:M1:P:20260302T10:good:1")
        shop.drain(Watched(shop.sink, before=refuse(30)) if unit[0] == "box" else None)
    assert shop.on_hand() == {("SKU-RIGHT", "finished"): 30}


def test_what_fills_no_unit_goes_with_what_was_refused(shop):
    shop.products["B"] = replace(shop.products["B"], stock_code="SKU-WRONG")
    shop.prepare({("M1", "B", 0, "good"): 30})
    shop.drain(Watched(shop.sink, before=refuse(30)))
    shop.products["B"] = replace(shop.products["B"], stock_code="SKU-RIGHT")
    shop.decide("retry", "SP1:M1:B:20260302T10:good:1")
    shop.prepare({("M1", "B", 0, "good"): 30, ("M1", "B", 1, "good"): 6})
    shop.drain()
    assert shop.on_hand() == {("SKU-RIGHT", "finished"): 3}


def test_a_rejected_declaration_takes_the_size_that_units_have_now(shop):
    shop.prepare({("M1", "B", 0, "good"): 30})
    shop.drain(Watched(shop.sink, before=refuse(30)))
    shop.products["B"] = replace(shop.products["B"], pieces_per_unit=10)
    shop.decide("retry", "SP1:M1:B:20260302T10:good:1")
    shop.drain()
    assert shop.on_hand() == {("SKU-B", "finished"): 3}


@pytest.mark.parametrize("unit", [("pc", 1), ("box", 5)])
def test_a_correction_that_waits_goes_where_what_it_corrects_goes(shop, unit):
    shop.prepare(made(30))
    shop.drain(Watched(shop.sink, before=refuse(30)))
    shop.prepare(made(15))
    shop.products["P"] = type(shop.products["P"])("SKU-RIGHT", *unit)
    assert shop.decide("retry", "SP1:M1:P:20260302T10:good:1") == 1
    shop.prepare(made(10))
    shop.drain()
    assert shop.on_hand() == {("SKU-RIGHT", "finished"): 10 // unit[1]}


def test_what_the_stock_system_has_in_another_quantity_keeps_its_code(shop):
    """It is there: only a person can put it right, and a correction takes it back from where it is."""
    shop.prepare(made(10))
    [said] = shop.outbox_rows("stock_code", "unit")

    class Changed(Watched):
        def look_up(self, keys):
            return {key: StockDocument(Decimal(99), "theirs") for key in keys}

    shop.drain(Changed(shop.sink))
    shop.products["P"] = replace(shop.products["P"], stock_code="SKU-RIGHT", unit="un")
    shop.decide("retry", "SP1:M1:P:20260302T10:good:1")
    assert shop.outbox_rows("stock_code", "unit") == [said]


def test_a_key_with_another_quantity_is_for_a_person(shop):
    class Changed(Watched):
        def look_up(self, keys):
            return {key: StockDocument(Decimal("99.5"), "theirs") for key in keys}

    shop.prepare(made(10))
    assert shop.drain(Changed(shop.sink)).rejected == 1
    with shop.engine.connect() as connection:
        [entry] = status.outbox_entries(connection, "main")
    assert entry.why.facts == {"key": "SP1:M1:P:20260302T10:good:1", "said": "10", "there": "99.5"}
    for language in LANGUAGES:
        happened, todo = Words(language).error(entry.why)
        assert "99.5" in happened and "aponta stock" in todo


def test_a_bug_of_the_sink_is_not_swallowed_and_nothing_is_doubled(shop):
    def bug(what, said):
        if what == "post":
            raise ZeroDivisionError

    shop.prepare(made(10))
    with pytest.raises(ZeroDivisionError):
        shop.drain(Watched(shop.sink, after=bug))
    assert shop.outbox_rows("state") == [("sent",)]
    assert shop.drain().acknowledged == 1
    assert shop.on_hand() == {("SKU-P", "finished"): 10}


def test_a_person_may_hold_posting_even_while_it_runs(shop):
    def hold(*_):
        with shop.engine.begin() as connection:
            pause_posting(connection, "main", who="Ana", why="inventário", now=NOW)

    shop.prepare(made(10, 20))
    drained = shop.drain(Watched(shop.sink, after=lambda what, said: what == "post" and hold()), batch=1)
    assert (drained.acknowledged, drained.paused) == (1, True)
    assert shop.drain().paused
    assert shop.on_hand() == {("SKU-P", "finished"): 10}
    with shop.engine.begin() as connection:
        assert pause_of(connection, "main") and not pause_of(connection, "other")
        assert not pause_posting(connection, "main", who="Rui", why="again", now=NOW)
        assert resume_posting(connection, "main") and not resume_posting(connection, "main")
    shop.drain()
    assert shop.on_hand() == {("SKU-P", "finished"): 30}


def test_a_server_that_is_away_is_reported_without_its_password(shop, open_shop):
    away = "postgresql+psycopg://ana:s3cret@127.0.0.1:1/stock"
    if shop.engine.dialect.name == "sqlite":
        pytest.importorskip("psycopg")
    shop.sink = open_shop("sqlite://", away).sink
    shop.prepare(made(10))
    drained = shop.drain()
    told = " ".join(Words("pt-BR").error(drained.stopped)) + str(shop.outbox_rows("why"))
    assert "127.0.0.1" in told and "s3cret" not in told


def test_status(shop):
    shop.prepare(made(10, 20, 30) | {("M1", "B", 1, "good"): 24, ("M1", "X", 0, "good"): 1})
    shop.drain(Watched(shop.sink, before=refuse(20), after=lose("post")))
    with shop.engine.connect() as connection:
        assert status.count_by_state(connection) == {"main": status.zero_counts() | {"rejected": 1, "unknown": 4}}
        waiting = status.pending_totals(connection, "main")
        assert (waiting.declarations, waiting.quantities) == (4, {"box": 2, "pc": 60})
        assert waiting.oldest.hour == 10
        assert status.pending_totals(connection, "other").oldest is None
        entries = status.outbox_entries(connection, "main", limit=2)
        assert [(entry.declaration.product, entry.state, entry.attempts) for entry in entries] == [
            ("P", "unknown", 1),
            ("X", "rejected", 0),
        ]


def test_two_destinations_do_not_meet(shop):
    shop.prepare(made(10))
    shop.destination = shop.destination.model_copy(update={"name": "second"})
    assert shop.prepare(made(10)) == 1
    assert shop.drain().acknowledged == 1
    assert sorted(shop.outbox_rows("destination", "state")) == [("main", "prepared"), ("second", "acknowledged")]
