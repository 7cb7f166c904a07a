from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from aponta.config.sections.stock import Locations
from aponta.contract.stock.key import key_of
from aponta.errors import ConfigError
from aponta.ops.database import transaction
from aponta.ops.stock_tables import outbox
from aponta.ship.outbox import reason, status
from aponta.ship.outbox.prepare import Fact, prepare_declarations
from aponta.words import LANGUAGES, Words

START = datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_what_was_made_becomes_declarations_and_again_nothing(shop):
    made = {
        ("M1", "P", 0, "good"): 100,
        ("M1", "P", 0, "scrap"): 3,
        ("M1", "P", 0, "rework"): 2,
        ("M1", "P", 0, "unknown"): 1,
    }
    assert shop.prepare(made) == 2
    assert shop.outbox_rows("key", "stock_code", "location", "pieces", "quantity", "unit", "state") == [
        ("SP1:M1:P:20260302T10:good:1", "SKU-P", "finished", 100, Decimal(100), "pc", "prepared"),
        ("SP1:M1:P:20260302T10:scrap:1", "SKU-P", "scrap", 3, Decimal(3), "pc", "prepared"),
    ]
    assert shop.prepare(made) == 0


def test_a_correction_is_the_next_revision(shop):
    shop.prepare({("M1", "P", 0, "good"): 100})
    assert shop.prepare({("M1", "P", 0, "good"): 90, ("M1", "P", 0, "scrap"): 10}) == 2
    assert shop.prepare({("M1", "P", 0, "good"): 95, ("M1", "P", 0, "scrap"): 10}) == 1
    assert shop.outbox_rows("quality", "revision", "pieces") == [
        ("good", 1, 100),
        ("good", 2, -10),
        ("good", 3, 5),
        ("scrap", 1, 10),
    ]


def test_a_reassigned_product_is_taken_back_and_declared_again(shop):
    shop.prepare({("M1", "P", 0, "good"): 24})
    assert shop.prepare({("M1", "B", 0, "good"): 24}) == 2
    assert shop.outbox_rows("product", "revision", "pieces", "quantity") == [
        ("B", 1, 24, Decimal(2)),
        ("P", 1, 24, Decimal(24)),
        ("P", 2, -24, Decimal(-24)),
    ]


def test_only_the_hours_in_hand_are_compared(shop):
    shop.prepare({("M1", "P", 0, "good"): 5, ("M1", "P", 1, "good"): 7})
    assert shop.prepare({}, hours=range(1, 2)) == 1
    assert shop.prepare({("M2", "P", 0, "good"): 9}, machines="M1", hours=range(2, 3)) == 0
    assert [row for row in shop.outbox_rows("hour", "pieces") if row[1] < 0] == [(START + timedelta(hours=1), -7)]


def test_facts_of_several_shifts_of_an_hour_add_up(shop):
    with shop.engine.begin() as connection:
        facts = [Fact("M1", "P", START, "good", 5), Fact("M1", "P", START, "good", 6)]
        prepare_declarations(connection, shop.target(UTC), [("M1", START)], facts, START)
    assert shop.outbox_rows("pieces") == [(11,)]


def test_machines_touched_in_different_hours_do_not_take_back_each_other(shop):
    shop.prepare({("M1", "P", at, "good"): 5 for at in (0, 1)} | {("M2", "P", at, "good"): 5 for at in (0, 1)})
    with shop.engine.begin() as connection:
        touched = [("M1", START), ("M2", START + timedelta(hours=1))]
        prepare_declarations(connection, shop.target(UTC), touched, [], START)
    assert [
        (machine, hour.hour) for machine, hour, pieces in shop.outbox_rows("machine", "hour", "pieces") if pieces < 0
    ] == [
        ("M1", 10),
        ("M2", 11),
    ]


def test_machines_declare_by_their_role(shop):
    made = {(machine, "P", 0, quality): 5 for machine in ("M1", "W", "N", "gone") for quality in ("good", "scrap")}
    shop.prepare(made, machines="M1 W N gone")
    assert shop.outbox_rows("machine", "quality", "location") == [
        ("M1", "good", "finished"),
        ("M1", "scrap", "scrap"),
        ("W", "good", "wip"),
        ("W", "scrap", "scrap"),
    ]


def test_without_a_location_nothing_is_declared(shop):
    shop.destination = shop.destination.model_copy(update={"locations": Locations(finished="finished")})
    shop.prepare({(machine, "P", 0, quality): 5 for machine in ("M1", "W") for quality in ("good", "scrap")})
    assert shop.outbox_rows("machine", "quality") == [("M1", "good")]


def test_a_correction_takes_back_where_it_was_put(shop):
    shop.prepare({("M1", "P", 0, "good"): 50})
    shop.drain()
    shop.destination = shop.destination.model_copy(update={"locations": Locations(finished="new hall")})
    shop.products["P"] = type(shop.products["P"])("SKU-NEW")
    shop.prepare({("M1", "P", 0, "good"): 40, ("M1", "P", 1, "good"): 7})
    shop.drain()
    assert shop.on_hand() == {("SKU-P", "finished"): 40, ("SKU-NEW", "new hall"): 7}
    shop.prepare({("M1", "P", 0, "good"): 45}, hours=range(1))
    with shop.engine.begin() as connection:
        connection.execute(update(outbox).where(outbox.c.state == "prepared").values(state="rejected"))
    shop.prepare({("M1", "P", 0, "good"): 30}, hours=range(1))
    shop.drain()
    assert shop.on_hand()["SKU-P", "finished"] == 40, "what was rejected holds back what corrects it"
    shop.decide("retry", "SP1:M1:P:20260302T10:good:3")
    shop.drain()
    assert shop.on_hand()["SKU-P", "finished"] == 40 - 15, "the correction takes back where the others were put"
    assert shop.on_hand()["SKU-NEW", "finished"] == 5


def test_a_product_that_was_forgotten_for_a_while_goes_where_it_was_put(shop):
    shop.prepare({("M1", "P", 0, "good"): 50})
    shop.drain()
    del shop.products["P"]
    shop.prepare({("M1", "P", 0, "good"): 40})
    assert shop.outbox_rows("state") == [("acknowledged",), ("rejected",)]
    shop.products["P"] = type(shop.products["B"])("SKU-NEW")
    shop.prepare({("M1", "P", 0, "good"): 40})
    shop.drain()
    assert shop.on_hand() == {("SKU-P", "finished"): 40}


def test_what_was_made_before_the_start_is_never_declared(shop):
    shop.destination = shop.destination.model_copy(update={"start": START + timedelta(hours=2)})
    assert shop.prepare({("M1", "P", at, "good"): 5 for at in range(4)}) == 2
    assert [row[0].hour for row in shop.outbox_rows("hour")] == [12, 13]


@pytest.mark.parametrize(
    ("start", "code"), [(None, "ship.no_start"), (datetime(2026, 3, 2), "ship.start_without_zone")]
)
def test_a_start_is_required(shop, start, code):
    shop.destination = shop.destination.model_copy(update={"start": start})
    with pytest.raises(ConfigError) as raised:
        shop.prepare({})
    assert raised.value.code == code


def test_boxes_carry_what_does_not_fill_one(shop):
    for at, (pieces, boxes) in enumerate([(30, 2), (5, 0), (1, 1), (23, 1)]):  # 30, 35, 36, 59 in all
        shop.prepare({("M1", "B", at, "good"): pieces}, hours=range(at, at + 1))
        assert shop.outbox_rows("quantity")[-1] == (Decimal(boxes),)
    assert shop.outbox_rows("state", "reference")[1] == ("acknowledged", "carried")


def test_a_correction_breaks_boxes(shop):
    shop.prepare({("M1", "B", 0, "good"): 24})
    shop.prepare({("M1", "B", 0, "good"): 23})
    shop.prepare({("M1", "B", 0, "good"): 13})
    shop.prepare({("M1", "B", 0, "good"): 25})
    assert shop.outbox_rows("revision", "pieces", "quantity", "state") == [
        (1, 24, Decimal(2), "prepared"),
        (2, -1, Decimal(-1), "prepared"),
        (3, -10, Decimal(0), "acknowledged"),
        (4, 12, Decimal(1), "prepared"),
    ]


def test_a_fractional_factor_is_exact(shop):
    shop.products["B"] = type(shop.products["B"])("SKU-B", "kg", Decimal("3.7"))
    for at in range(4):
        shop.prepare({("M1", "B", at, "good"): 37}, hours=range(at, at + 1))
    assert [quantity for (quantity,) in shop.outbox_rows("quantity")] == [10, 10, 10, 10]


def test_an_unknown_product_is_kept_and_goes_once_mapped(shop):
    shop.prepare({("M1", "X", 0, "good"): 30})
    shop.prepare({("M1", "X", 0, "good"): 29})
    assert shop.outbox_rows("stock_code", "state", "pieces", "why") == [
        ("X", "rejected", 30, reason.unknown_product("X")),
        ("X", "rejected", -1, reason.unknown_product("X")),
    ]
    keys = [key for (key,) in shop.outbox_rows("key")]
    assert shop.decide("retry", *keys) == 0, "not mapped yet"
    shop.products["X"] = type(shop.products["B"])("SKU-X", "box", 12)
    assert shop.decide("retry", *keys) == 2
    shop.drain()
    assert shop.on_hand() == {("SKU-X", "finished"): 2}
    assert shop.decide("retry", *keys) == 0, "what is in the stock system is left alone"


def test_what_was_rejected_for_its_product_and_came_to_nothing_needs_nobody(shop):
    """All of it was reassigned: that there were 30 and that there are none cancel out, and neither was told."""
    shop.prepare({("M1", "X", 0, "good"): 30})
    shop.prepare({("M1", "P", 0, "good"): 30})
    shop.drain()
    with transaction(shop.engine) as connection:
        assert status.outbox_entries(connection, "main") == []
    shop.products["X"] = type(shop.products["B"])("SKU-X")
    assert shop.prepare({("M1", "X", 0, "good"): 30}) == 2, "the reassignment was undone, and X is known by now"
    shop.drain()
    assert shop.on_hand() == {("SKU-P", "finished"): 0, ("SKU-X", "finished"): 30}


def test_a_declaration_booked_by_hand_for_an_unknown_product_gives_no_code(shop):
    shop.prepare({("M1", "X", 0, "good"): 30})
    shop.decide("settle", "SP1:M1:X:20260302T10:good:1")
    shop.products["X"] = type(shop.products["B"])("SKU-X")
    shop.prepare({("M1", "X", 0, "good"): 32})
    shop.drain()
    assert shop.on_hand() == {("SKU-X", "finished"): 2}


def test_a_product_that_nobody_named_is_no_line_of_products_csv(shop):
    shop.prepare({("M1", "unknown", 0, "good"): 30})
    ((state, text),) = shop.outbox_rows("state", "why")
    assert (state, reason.load_reason(text).code) == ("rejected", "ship.product_not_named")
    for language in LANGUAGES:
        _, do = Words(language).error(reason.load_reason(text))
        assert "products.csv" not in do and "aponta explain" in do and "aponta reassign" in do


def test_the_next_comparison_maps_it_too(shop):
    shop.prepare({("M1", "X", 0, "good"): 30})
    shop.products["X"] = type(shop.products["B"])("", "pc")
    assert shop.prepare({("M1", "X", 0, "good"): 31}) == 2
    assert shop.prepare({("M1", "X", 0, "good"): 31}) == 0
    shop.drain()
    assert shop.on_hand() == {("X", "finished"): 31}


def test_a_key_that_does_not_exist_is_named(shop):
    with pytest.raises(ConfigError) as raised:
        shop.decide("retry", "SP1:M9:P:20260302T10:good:1")
    assert raised.value.facts == {"key": "SP1:M9:P:20260302T10:good:1"}


def test_names_that_would_break_the_key_are_encoded():
    hour = datetime(2026, 3, 2, 7, tzinfo=UTC)
    assert key_of("SP1", "M:1", "PÁ 50%\n", hour, "good", 2) == "SP1:M%3A1:PÁ%2050%25%0A:20260302T07:good:2"
    assert key_of("SP1", "a:b", "c", hour, "good", 1) != key_of("SP1", "a", "b:c", hour, "good", 1)
