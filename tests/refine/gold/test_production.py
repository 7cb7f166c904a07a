"""gold.production: pieces per machine, product, hour, shift and quality."""

from aponta.contract.table import Kind
from aponta.refine.gold.production import TABLE, production, provisional

H = 3_600_000_000
T = 10 * H
ITEM: dict[str, Kind] = {
    "machine": "string",
    "product": "string",
    "hour": "long",
    "shift": "string",
    "production_day": "string",
    "quality": "string",
    "pieces": "long",
}
OPEN: dict[str, Kind] = {"machine": "string", "hour": "long"}


def item(machine="M1", product="A", hour=T, shift="1", day="1970-01-01", quality="good", pieces=1):
    return (machine, product, hour, shift, day, quality, pieces)


def test_pieces_are_added_not_rows(engine):
    items = [item(), item(pieces=4), item(quality="scrap"), item(product="B"), item(hour=T + H), item(machine="M2")]
    found = production(engine.rows(ITEM, items), engine.rows(OPEN, [("M1", T + H)]))
    assert engine.collect(found) == [
        ("M1", "A", T, "1", "1970-01-01", "good", 5, False),
        ("M1", "A", T, "1", "1970-01-01", "scrap", 1, False),
        ("M1", "A", T + H, "1", "1970-01-01", "good", 1, True),
        ("M1", "B", T, "1", "1970-01-01", "good", 1, False),
        ("M2", "A", T, "1", "1970-01-01", "good", 1, False),
    ]


def test_outside_of_the_calendar_is_a_fact_of_its_own(engine):
    found = production(engine.rows(ITEM, [item(), item(shift=None), item(shift=None)]), engine.rows(OPEN, []))
    assert engine.collect(found, "shift", "pieces") == [(None, 2), ("1", 1)]


def test_an_hour_that_closed_loses_its_mark(engine):
    facts = production(engine.rows(ITEM, [item(), item(machine="M2")]), engine.rows(OPEN, [("M1", T), ("M2", T)]))
    assert engine.collect(provisional(facts, engine.rows(OPEN, [("M2", T)])), "machine", "provisional") == [
        ("M1", False),
        ("M2", True),
    ]


def test_no_items_no_facts(engine):
    assert engine.collect(production(engine.rows(ITEM, []), engine.rows(OPEN, []))) == []
    assert TABLE.unique == ("machine", "product", "hour", "shift", "production_day", "quality")
