"""gold.restatements: what was told and is true no more."""

from aponta.refine.gold import production
from aponta.refine.gold.restatements import CAUSES, restatements

H = 3_600_000_000
T = 10 * H


def fact(pieces, hour=T, quality="good", shift="1"):
    return {
        "machine": "M1",
        "product": "A",
        "hour": hour,
        "shift": shift,
        "production_day": "1970-01-01",
        "quality": quality,
        "pieces": pieces,
        "provisional": False,
    }


def told(engine, old, new, causes=(("M1", T, "late", "aa", 99, 7),)):
    found = restatements(
        engine.table(production.TABLE, old), engine.table(production.TABLE, new), engine.rows(CAUSES, causes)
    )
    return engine.collect(
        found, "hour", "quality", "old_pieces", "new_pieces", "cause", "file_sha256", "restated_at", "batch"
    )


def test_old_and_new_stand_side_by_side(engine):
    assert told(engine, [fact(5)], [fact(8)]) == [(T, "good", 5, 8, "late", "aa", 99, 7)]


def test_what_appears_or_vanishes_is_restated_from_or_to_nothing(engine):
    found = told(engine, [fact(5), fact(2, quality="scrap")], [fact(5), fact(1, quality="rework")])
    assert [row[1:4] for row in found] == [("rework", 0, 1), ("scrap", 2, 0)]


def test_what_stays_is_not_restated(engine):
    assert told(engine, [fact(5)], [fact(5)]) == []


def test_only_hours_that_were_told_before(engine):
    assert told(engine, [], [fact(5, hour=T + H)]) == []


def test_a_fact_outside_of_the_calendar_meets_its_old_self(engine):
    assert told(engine, [fact(5, shift=None)], [fact(5, shift=None)]) == []
    assert [row[2:4] for row in told(engine, [fact(5, shift=None)], [fact(6, shift=None)])] == [(5, 6)]
