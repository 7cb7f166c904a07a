"""files.outcomes: records = new + known + changed + repeated, for each file."""

from aponta.contract.decoded import staged_columns
from aponta.refine.silver.files import outcomes

H = 3_600_000_000
T = 10 * H
SAYS = {
    "machine": "string",
    "produced_at": "long",
    "identity": "long",
    "nth": "long",
    "product": "string",
    "quality": "string",
    "flags": "string",
    "hour": "long",
}
AT_SOURCE = {"product_at_source": "string", "quality_at_source": "string"}
ITEM = {**SAYS, "cycle_s": "double", "pieces": "long", "heat_c": "double", **AT_SOURCE}
SENSORS = ("heat_c",)


def record(file, counter, quality="good", product="A", heat=20.0, repeat=False, at=T, flags=None):
    return (
        file,
        1,
        "M1",
        counter,
        at,
        product,
        quality,
        1.5,
        1,
        *(None, None, None),
        heat,
        flags,
        T,
        counter,
        1,
        repeat,
        2,
        None,
    )


def item(counter, quality="good", product="A", heat=20.0, at=T, flags=None, wrote=(None, None)):
    """wrote: product and quality at the machine, where a person put them right."""
    return ("M1", at, counter, 1, product, quality, flags, T, 1.5, 1, heat, *wrote)


def told(engine, records, now, before=()):
    found = outcomes(
        engine.rows(staged_columns(SENSORS), records), engine.rows(ITEM, now), engine.rows(ITEM, before), SENSORS
    )
    return engine.collect(found, "file", "items_new", "items_known", "items_changed", "items_repeated")


def test_the_first_file_brings_the_item_and_the_next_finds_it_known(engine):
    records = [record(0, 1), record(1, 1), record(1, 2)]
    assert told(engine, records, [item(1), item(2)]) == [(0, 1, 0, 0, 0), (1, 1, 1, 0, 0)]


def test_what_an_earlier_batch_brought_is_known(engine):
    assert told(engine, [record(0, 1), record(0, 2)], [item(1), item(2)], [item(1)]) == [(0, 1, 1, 0, 0)]


def test_what_says_otherwise_is_changed(engine):
    records = [record(0, 1, quality="scrap"), record(0, 2, product="B"), record(0, 3, heat=None)]
    now = [item(1, quality="scrap"), item(2, product="B"), item(3, heat=None)]
    assert told(engine, records, now, [item(1), item(2), item(3)]) == [(0, 0, 0, 3, 0)]


def test_what_a_person_put_right_is_held_against_what_the_machine_wrote(engine):
    reassigned = [item(1, product="B", wrote=("A", None)), item(2, quality="scrap", wrote=(None, "good"))]
    assert told(engine, [record(0, 1), record(0, 2)], reassigned, reassigned) == [(0, 0, 2, 0, 0)]


def test_of_two_new_files_that_disagree_one_brings_and_one_changes(engine):
    records = [record(0, 1, quality="good"), record(1, 1, quality="scrap")]
    assert told(engine, records, [item(1, quality="scrap")]) == [(0, 1, 0, 0, 0), (1, 0, 1, 0, 0)]
    records = [record(0, 1, quality="scrap"), record(1, 1, quality="good")]
    assert told(engine, records, [item(1, quality="scrap")]) == [(0, 1, 0, 0, 0), (1, 0, 0, 1, 0)]


def test_empty_equals_empty(engine):
    assert told(
        engine,
        [record(0, 1, product="unknown", heat=None)],
        [item(1, product="unknown", heat=None)],
        [item(1, product="unknown", heat=None)],
    ) == [(0, 0, 1, 0, 0)]


def test_a_row_that_stood_in_its_file_before_is_repeated_whatever_it_says(engine):
    records = [record(0, 1), record(0, 1, repeat=True), record(0, 1, quality="scrap", repeat=True)]
    assert told(engine, records, [item(1)]) == [(0, 1, 0, 0, 2)]


def test_every_record_has_one_outcome(engine):
    records = [
        record(file, counter, quality, repeat=repeat)
        for file in range(3)
        for counter in range(4)
        for quality, repeat in (("good", False), ("scrap", True))
    ]
    found = told(engine, records, [item(counter) for counter in range(4)], [item(1), item(2, quality="rework")])
    assert [sum(row[1:]) for row in found] == [8, 8, 8]


def test_a_time_that_was_made_anew_otherwise_is_no_other_item(engine):
    of_one, of_other = (record(file, 1, at=T + file, flags="rebuilt") for file in (0, 1))
    assert told(engine, [of_one, of_other], [item(1, at=T + 1, flags="rebuilt")]) == [(0, 1, 0, 0, 0), (1, 0, 1, 0, 0)]
