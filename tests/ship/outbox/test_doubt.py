"""What a stock system can answer beside yes and no, and what becomes of a declaration then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from aponta.contract.stock.sink import StockDocument
from aponta.errors import ConfigError, TransientError
from aponta.ops.lease import lease
from aponta.ship.drain import UNWELL_AFTER
from aponta.ship.outbox import reason
from aponta.ship.outbox.queue import UNSURE_AT_MOST

FIRST, SECOND = "SP1:M1:P:20260302T10:good:1", "SP1:M1:P:20260302T10:good:2"


class Moody:
    """The sink, of which one thing at a time is otherwise."""

    def __init__(self, sink, **otherwise: Callable):
        self.sink = sink
        for name, does in otherwise.items():
            setattr(self, name, does)

    def __getattr__(self, name):
        return getattr(self.sink, name)


def errs(sink, *pieces):
    """It answers with an error of its own to these."""

    def post(declarations):
        if any(one.pieces in pieces for one in declarations):
            raise TransientError("ship.unsure", destination="main", why="HTTP 500")
        return sink.post(declarations)

    return Moody(sink, post=post)


def with_document(sink, **changed):
    """What is looked up is there, otherwise than it is."""

    def look_up(keys):
        return {key: replace(StockDocument(Decimal(10), "R1"), **changed) for key in keys if key == FIRST}

    return Moody(sink, look_up=look_up)


def made(*pieces):
    return {("M1", "P", at, "good"): count for at, count in enumerate(pieces)}


def test_an_error_of_the_systems_own_is_pinned_on_the_one_to_blame(shop):
    shop.prepare(made(1, 2, 66, 4))
    drained = shop.drain(errs(shop.sink, 66))
    assert (drained.acknowledged, drained.unknown, drained.stopped) == (3, 1, None)
    assert shop.on_hand() == {("SKU-P", "finished"): 7}
    for _ in range(UNSURE_AT_MOST - 1):
        drained = shop.drain(errs(shop.sink, 66))
    assert (drained.unknown, drained.rejected) == (0, 1)
    ((state, told),) = {row for row in shop.outbox_rows("state", "why") if row[0] == "rejected"}
    assert (state, reason.load_reason(told).facts["why"]) == ("rejected", "HTTP 500")
    assert shop.decide("retry", "SP1:M1:P:20260302T12:good:1") == 1
    assert (shop.drain().acknowledged, shop.on_hand()) == (1, {("SKU-P", "finished"): 73})


def test_a_system_that_errs_on_everything_is_left_alone(shop):
    shop.prepare(made(7, 7, 7, 7))
    drained = shop.drain(errs(shop.sink, 7))
    assert (drained.stopped.code, drained.acknowledged, drained.rejected) == ("ship.unsure", 0, 0)
    assert len([one for one in shop.outbox_rows("attempts") if one[0] > 0]) >= UNWELL_AFTER
    assert (shop.drain().acknowledged, shop.on_hand()) == (4, {("SKU-P", "finished"): 28})


def test_a_declaration_taken_despite_an_error_is_looked_up(shop):
    def post(declarations):
        shop.sink.post(declarations)
        raise TransientError("ship.unsure", destination="main", why="HTTP 502")

    shop.prepare(made(1, 2, 3))
    shop.drain(Moody(shop.sink, post=post))
    assert shop.drain().stopped is None
    assert {state for (state,) in shop.outbox_rows("state")} == {"acknowledged"}
    assert shop.on_hand() == {("SKU-P", "finished"): 6}


@pytest.mark.parametrize(
    ("there", "state", "code"),
    [
        ({"progress": "cancelled"}, "rejected", "ship.cancelled"),
        ({"progress": "refused", "why": "no such warehouse"}, "rejected", "ship.refused"),
        ({"progress": "partial", "quantity": Decimal(9)}, "rejected", "ship.other_quantity"),
        ({"stock_code": "OTHER"}, "rejected", "ship.changed"),
        ({"location": "yard"}, "rejected", "ship.changed"),
        ({"progress": "waiting"}, "sent", None),
        ({}, "acknowledged", None),
    ],
)
def test_the_document_that_is_there_decides(shop, there, state, code):
    shop.prepare(made(10))
    shop.drain(with_document(shop.sink, **there))
    ((kept, told),) = shop.outbox_rows("state", "why")
    assert (kept, told and reason.load_reason(told).code) == (state, code)
    assert shop.on_hand() == {}


def test_what_was_begun_is_gone_on_with(shop):
    shop.prepare(made(10))
    assert shop.drain(with_document(shop.sink, progress="partial")).acknowledged == 1
    assert shop.on_hand() == {("SKU-P", "finished"): 10}


def test_where_it_is_the_systems_turn_each_drain_asks_once(shop):
    asked: list[str] = []

    def look_up(keys):
        asked.extend(keys)
        return {key: StockDocument(Decimal(10), "dropped", "waiting") for key in keys}

    shop.prepare(made(10, 10, 10))
    shop.drain(Moody(shop.sink, look_up=look_up), batch=2)
    assert (len(asked), shop.outbox_rows("state")) == (3, [("sent",)] * 3)


def test_a_system_that_is_not_set_up_gets_nothing(shop):
    def check():
        raise ConfigError("ship.no_start", destination="main")

    shop.prepare(made(10))
    drained = shop.drain(Moody(shop.sink, check=check))
    assert (drained.stopped.code, shop.outbox_rows("state", "attempts")) == ("ship.no_start", [("prepared", 0)])


def test_what_was_cancelled_there_is_for_a_person_to_decide(shop):
    shop.prepare(made(10))
    shop.drain(with_document(shop.sink, progress="cancelled"))
    assert shop.decide("retry", FIRST) == 0
    shop.prepare(made(12))
    assert shop.drain().acknowledged == 0, "the correction waits"
    assert shop.decide("void", FIRST) == 1
    assert shop.prepare(made(12)) == 1
    assert shop.drain().acknowledged == 2
    assert shop.outbox_rows("revision", "pieces", "state") == [
        (1, 10, "void"),
        (2, 2, "acknowledged"),
        (3, 10, "acknowledged"),
    ]
    assert shop.on_hand() == {("SKU-P", "finished"): 12}


def test_a_declaration_booked_by_hand_counts_as_declared(shop):
    shop.prepare(made(10))
    shop.drain(with_document(shop.sink, progress="cancelled"))
    assert shop.decide("settle", FIRST) == 1
    assert (shop.prepare(made(10)), shop.prepare(made(9))) == (0, 1)
    shop.drain()
    assert shop.on_hand() == {("SKU-P", "finished"): -1}


@pytest.mark.parametrize("count", [5, 17, 24, 29])
def test_boxes_are_right_after_one_is_void(shop, count):
    shop.prepare({("M1", "B", 0, "good"): 20, ("M1", "B", 1, "good"): count, ("M1", "B", 2, "good"): 9})
    key = "SP1:M1:B:20260302T11:good:1"
    shop.drain(
        Moody(
            shop.sink, look_up=lambda keys: {k: StockDocument(Decimal(1), "R", "cancelled") for k in keys if k == key}
        )
    )
    if shop.decide("void", key):
        shop.prepare({("M1", "B", 0, "good"): 20, ("M1", "B", 1, "good"): count, ("M1", "B", 2, "good"): 9})
        shop.drain()
    assert shop.on_hand() == {("SKU-B", "finished"): (29 + count) // 12}


def test_who_decided_and_why_stays_on_record(shop):
    from aponta.ship.outbox import decision

    shop.prepare(made(10))
    shop.drain(with_document(shop.sink, progress="cancelled"))
    shop.decide("settle", FIRST)
    with shop.engine.connect() as connection:
        ((key, one),) = decision.last_decisions(connection, "main", limit=5)
    assert (key, one.action, one.who, one.why) == (FIRST, "settle", "ana", "because")


def closed(sink, until):
    return Moody(sink, closed_until=lambda: until)


def test_what_a_closed_period_made_is_booked_on_the_first_open_day(shop):
    shop.prepare(made(10, 10))
    assert shop.drain(closed(shop.sink, date(2026, 3, 31))).acknowledged == 2
    assert shop.outbox_rows("booked_on") == [(date(2026, 4, 1),)] * 2


def test_or_waits_for_a_person(shop):
    shop.destination = shop.destination.model_copy(update={"closed_period": "wait"})
    shop.prepare(made(10))
    assert shop.drain(closed(shop.sink, date(2026, 3, 31))).rejected == 1
    assert shop.outbox_rows("state", "booked_on") == [("rejected", date(2026, 3, 2))]
    assert shop.decide("retry", FIRST) == 1
    assert shop.drain(closed(shop.sink, date(2026, 3, 31))).acknowledged == 1
    assert shop.outbox_rows("booked_on") == [(date(2026, 4, 1),)]


def test_the_day_is_the_factorys(shop):
    shop.prepare({("M1", "P", -8, "good"): 1}, hours=range(-8, 0))
    assert shop.outbox_rows("hour", "booked_on") == []  # before the start
    shop.destination = shop.destination.model_copy(update={"start": datetime(2026, 3, 1, tzinfo=UTC)})
    shop.prepare({("M1", "P", -8, "good"): 1}, hours=range(-8, 0))
    assert shop.outbox_rows("booked_on") == [(date(2026, 3, 1),)], "02:00 UTC is the evening before in Sao Paulo"


def test_a_lot_is_one_days(shop):
    shop.destination = shop.destination.model_copy(update={"lot": "{product}-{day:%Y%m%d}"})
    shop.prepare(made(10))
    shop.drain()
    shop.destination = shop.destination.model_copy(update={"lot": "{machine}"})
    shop.prepare(made(9))
    assert shop.outbox_rows("revision", "lot") == [(1, "P-20260302"), (2, "P-20260302")], (
        "taken back from where it was put"
    )


def test_a_declaration_that_is_nowhere_is_withdrawn_when_nothing_was_made(shop):
    shop.prepare({("M1", "X", 0, "good"): 10})
    assert shop.prepare({("M1", "P", 0, "good"): 10}) == 1
    assert shop.outbox_rows("product", "state") == [("P", "prepared"), ("X", "void")]
    shop.prepare({("M1", "X", 0, "good"): 4})
    assert [row for row in shop.outbox_rows("product", "pieces", "state") if row[0] == "X"] == [
        ("X", 10, "void"),
        ("X", 4, "rejected"),
    ]


def test_one_process_drains_at_a_time(shop):
    shop.prepare(made(10))
    with lease(shop.engine, "stock main") as held:
        assert held
        assert shop.drain().busy
        shop.destination = shop.destination.model_copy(update={"name": "other"})
        assert not shop.drain().busy
    shop.destination = shop.destination.model_copy(update={"name": "main"})
    assert shop.drain().acknowledged == 1


def test_what_a_person_voids_while_it_is_looked_up_is_not_sent(shop):
    def cut(declarations):
        raise TransientError("ship.unreachable", destination="main", place="a cable", why="cut")

    def look_up(keys):
        if shop.decide("void", FIRST):
            shop.prepare(made(10, 20))
        return shop.sink.look_up(keys)

    shop.prepare(made(10, 20))
    shop.drain(Moody(shop.sink, post=cut))
    shop.drain(Moody(shop.sink, look_up=look_up))
    shop.drain()
    assert shop.on_hand() == {("SKU-P", "finished"): 30}
    assert shop.outbox_rows("key", "state")[:2] == [(FIRST, "void"), (SECOND, "acknowledged")]


def test_what_nobody_is_sure_of_is_not_taken_for_nothing_when_its_pieces_are_reassigned(shop):
    """The system's last error may have been about something that it did carry out."""
    taken = []

    def post(declarations):
        taken[:] = declarations
        raise TransientError("ship.unsure", destination="main", why="HTTP 500")

    shop.prepare(made(10))
    for _ in range(UNSURE_AT_MOST):
        shop.drain(Moody(shop.sink, post=post, look_up=lambda keys: {}))
    shop.sink.post(taken)
    shop.prepare({})
    shop.drain()
    assert shop.outbox_rows("key", "pieces", "state") == [(FIRST, 10, "rejected"), (SECOND, -10, "prepared")]
    shop.decide("retry", FIRST)
    shop.drain()
    assert shop.on_hand() == {("SKU-P", "finished"): 0}
