"""silver.hours: first and last item, restarts, jumps."""

import narwhals.stable.v2 as nw

from aponta.contract.table import Kind
from aponta.refine.silver.hours import LEFT_OFF, TABLE, hour_rows

H, S = 3_600_000_000, 1_000_000
T = 10 * H
COVERED: dict[str, Kind] = {"machine": "string", "hour": "long", "covered": "boolean"}


def found(engine, sequence, covered=((T, True),), left_off=()):
    counts = sequence.filter(nw.col("side") == 0).group_by("machine", "hour").agg(nw.len().alias("items"))
    told = engine.rows(COVERED, [("M1", hour, yes) for hour, yes in covered])
    return hour_rows(sequence, counts, told, engine.rows(LEFT_OFF, left_off))


def test_an_hour_has_its_ends(engine, ordered):
    made = ordered([(T + S, 1, "A", 1.0), (T + 2 * S, 2, "A", 1.5), (T + 3 * S, 3, "B", None)])
    assert engine.collect(found(engine, made)) == [
        ("M1", T, True, 3, T + S, T + 3 * S, "A", "B", "A", 1_000_000, 1, None, 1, 3, 0, 0, None, None, None)
    ]
    assert [column.name for column in TABLE.columns] == list(engine.fetch(found(engine, made))[0])


def test_an_hour_without_items_is_idle_where_a_file_speaks_for_it(engine, ordered):
    made = ordered([(T + S, 1, "A", 1.0)])
    rows = found(engine, made, [(T, False), (T + H, True), (T + 2 * H, False)])  # and the last one falls away
    assert engine.collect(rows, "hour", "covered", "items", "first_at", "restarts", "unseen") == [
        (T, False, 1, T + S, 0, 0),
        (T + H, True, 0, None, 0, 0),
    ]


def test_rows_out_of_order_leave_nothing_unseen(engine, ordered):
    made = ordered([(T + n * S, counter, "A", 1.0) for n, counter in enumerate((98, 100, 99, 101, 103, 103, 104))])
    assert engine.collect(found(engine, made), "items", "unseen", "restarts") == [(7, 1, 0)]


def test_a_roll_over_is_no_restart_and_what_it_passed_over_is_unseen(engine, ordered):
    made = ordered([(T + n * S, counter, "A", 1.0) for n, counter in enumerate((97, 99, 1, 2))], rollover=100)
    assert engine.collect(found(engine, made), "items", "unseen", "restarts") == [(4, 2, 0)]


def test_a_jump_tells_of_unseen_items_and_invents_none(engine, ordered):
    made = ordered([(T + n * S, counter, "A", 1.0) for n, counter in enumerate((1, 2, 5, 6, 8))])
    assert engine.collect(found(engine, made), "items", "unseen", "restarts") == [(5, 3, 0)]


def test_a_restart_is_no_jump(engine, ordered):
    made = ordered([(T + n * S, counter, "A", 1.0) for n, counter in enumerate((100, 101, 1, 3))])
    assert engine.collect(found(engine, made), "items", "unseen", "restarts", "first_counter", "last_counter") == [
        (4, 1, 1, 100, 3)
    ]


def test_the_end_of_an_hour_is_the_last_item_of_an_instant(engine, ordered):
    made = ordered([(T + S, 3, "C", 1.0), (T + S, 1, "A", 1.0), (T + S, 2, "B", 1.0)])
    columns = ("first_product", "first_in_force", "last_product", "first_counter", "last_counter")
    assert engine.collect(found(engine, made), *columns) == [("A", "C", "C", 1, 3)]


def test_hours_are_counted_apart(engine, ordered):
    made = ordered([(T + S, 1, "A", 1.0), (T + H + S, 9, "A", 1.0), (T + H + 2 * S, 10, "A", 1.0)])
    assert engine.collect(found(engine, made, [(T, True), (T + H, True)]), "hour", "items", "unseen") == [
        (T, 1, 0),
        (T + H, 2, 0),
    ]
