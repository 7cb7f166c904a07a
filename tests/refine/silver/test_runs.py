"""silver.runs and the product in force."""

from aponta.refine.silver.runs import CARRY, FOREVER, product_runs, products_in_force

H, S = 3_600_000_000, 1_000_000
T = 10 * H
RUN = {"machine": "string", "started_at": "long", "product": "string"}


def test_a_run_begins_with_the_first_item_of_another_product(engine, ordered):
    made = ordered([(T + n * S, n, product, 1.0) for n, product in enumerate("AABBA")])
    assert engine.collect(product_runs(made), "started_at", "product") == [(T, "A"), (T + 2 * S, "B"), (T + 4 * S, "A")]


def test_the_product_before_the_block_goes_on(engine, ordered):
    made = ordered([(T, 1, "A", 1.0), (T + S, 2, "B", 1.0)], left=(T - H, "A", S))
    assert engine.collect(product_runs(made), "started_at", "product") == [(T + S, "B")]


def test_the_item_after_the_block_may_begin_a_run(engine, ordered):
    changed = ordered([(T, 1, "A", 1.0)], left=(T - H, "A", S), right=(T + H, "B", S))
    same = ordered([(T, 1, "A", 1.0)], left=(T - H, "A", S), right=(T + H, "A", S))
    assert engine.collect(product_runs(changed), "started_at", "product") == [(T + H, "B")]
    assert engine.collect(product_runs(same)) == []


def test_of_several_products_in_one_instant_the_last_stays_in_force(engine, ordered):
    made = ordered([(T, 1, "A", 1.0), (T + S, 2, "B", 1.0), (T + S, 3, "C", 1.0), (T + 2 * S, 4, "C", 1.0)])
    assert engine.collect(product_runs(made), "started_at", "product") == [(T, "A"), (T + S, "C")]


def test_what_is_in_force_after_a_moment_as_before_it_is_no_run(engine, ordered):
    made = ordered([(T, 1, "A", 1.0), (T + S, 2, "B", 1.0), (T + S, 3, "A", 1.0), (T + 2 * S, 4, "A", 1.0)])
    assert engine.collect(product_runs(made), "started_at", "product") == [(T, "A")]


def test_the_moment_after_the_block_may_go_on_to_another_product(engine, ordered):
    block = [(T, 1, "A", 1.0)]
    kept = ordered(block, left=(T - H, "A", S), right=(T + H, "A", S), then="C")
    back = ordered(block, left=(T - H, "C", S), right=(T + H, "B", S), then="A")
    assert engine.collect(product_runs(kept), "started_at", "product") == [(T + H, "C")]
    assert engine.collect(product_runs(back), "started_at", "product") == [(T, "A")]


def test_time_belongs_to_the_product_made_last(engine):
    found = engine.rows(RUN, [("M1", T + 10 * S, "B"), ("M1", T + 20 * S, "A"), ("M2", T + 5 * S, "C")])
    carried = engine.rows(CARRY, [("M1", T, "A"), ("M2", T, "C")])
    assert engine.collect(products_in_force(found, carried), "machine", "started_at", "ended_at", "product") == [
        ("M1", T, T + 10 * S, "A"),
        ("M1", T + 10 * S, T + 20 * S, "B"),
        ("M1", T + 20 * S, FOREVER, "A"),
        ("M2", T, T + 5 * S, "C"),
        ("M2", T + 5 * S, FOREVER, "C"),
    ]


def test_a_run_that_begins_with_the_stretch_wins_over_what_was_carried_into_it(engine):
    found = engine.rows(RUN, [("M1", T, "B")])
    assert engine.collect(products_in_force(found, engine.rows(CARRY, [("M1", T, "A")])), "started_at", "product") == [
        (T, "B")
    ]
