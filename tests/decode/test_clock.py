"""Times that the machine's clock did not tell: made anew from cycles, in the named hour, and said to be so."""

import pytest
from pydantic import ValidationError

SEVEN = 1767607200_000_000  # 2026-01-05 07:00 in São Paulo
S = 1_000_000
RESET = "01/01/2000 00:00:{:02d}.000"


@pytest.fixture
def clockless(layout):
    """press_v1 whose times are made anew; cycles as they stand are seconds."""
    return layout(
        fields={
            "produced_at": {"column": 3, "format": "%d/%m/%Y %H:%M:%S.%f", "rebuild": "cycle"},
            "cycle_s": {"column": 6},
        }
    )


def told(outcome):
    """Counter -> seconds after the hour began, and what the machine wrote instead."""
    assert all((record["flags"] or "").startswith("rebuilt") == (record["produced_at_source"] is not None)
               for record in outcome.records)  # fmt: skip
    return {
        record["counter"]: ((record["produced_at"] - SEVEN) / S, record["produced_at_source"])
        for record in outcome.records
    }


def test_after_a_reset_times_go_on_from_the_last_sound_one(decoded, row, clockless):
    rows = [
        row(counter="1", at="05/01/2026 07:10:00.000", cycle="5"),
        row(counter="2", at=RESET.format(1), cycle="5"),
        row(counter="3", at=RESET.format(2), cycle="7,5"),
        row(counter="4", at="05/01/2026 07:30:00.000", cycle="5"),
    ]
    outcome = decoded(b"".join(rows), clockless)
    assert told(outcome) == {
        1: (600, None),
        2: (605, "01/01/2000 00:00:01.000"),
        3: (612.5, "01/01/2000 00:00:02.000"),
        4: (1800, None),
    }
    assert outcome.file.rebuilt == 2 and outcome.file.quarantined == 0
    assert (outcome.file.first_counter, outcome.file.last_counter) == (1, 4)


def test_above_the_first_sound_row_they_go_back_from_it(decoded, row, clockless):
    """A row's time is when its cycle ended."""
    rows = [
        row(counter="1", at=RESET.format(1), cycle="5"),
        row(counter="2", at=RESET.format(2), cycle="5"),
        row(counter="3", at="05/01/2026 07:10:00.000", cycle="20"),
    ]
    outcome = decoded(b"".join(rows), clockless)
    assert {counter: at for counter, (at, _) in told(outcome).items()} == {1: 575, 2: 580, 3: 600}


def test_without_any_sound_row_they_begin_with_the_hour(decoded, row, clockless):
    rows = [row(counter=str(n), at="01/01/2099 00:00:00.000", cycle=cycle) for n, cycle in enumerate(("5", "-", "9"))]
    outcome = decoded(b"".join(rows), clockless)
    assert [at for at, _ in told(outcome).values()] == [5, 12, 21], "without a cycle: the file's median, 7"


def test_cycles_that_take_longer_than_there_is_room_are_shortened_evenly(decoded, row, clockless):
    rows = [
        row(counter="1", at="05/01/2026 07:10:00.000", cycle="5"),
        *(row(counter=str(n), at=RESET.format(n), cycle="100") for n in (2, 3)),
        row(counter="4", at="05/01/2026 07:11:40.000", cycle="5"),
    ]
    outcome = decoded(b"".join(rows), clockless)
    times = [at for at, _ in told(outcome).values()]
    assert times[0] == 600 and times[1] == pytest.approx(650, abs=1e-5) and 699.99 < times[2] < 700 == times[3]


BEFORE = "05/01/2026 06:{:02d}:00.000"


@pytest.mark.parametrize(
    ("rows", "made", "aside"),
    [
        ([BEFORE.format(40), RESET.format(1)], [], 1),
        ([RESET.format(1), BEFORE.format(40)], [], 1),
        ([BEFORE.format(40), RESET.format(1), "05/01/2026 07:10:00.000", RESET.format(2)], [4], 1),
        (["05/01/2026 06:59:59.000", RESET.format(1)], [2], 0),
        ([RESET.format(1), RESET.format(2)], [1, 2], 0),
    ],
    ids=["below the last hour's rows", "above them", "below a row of its own", "a row that spills", "no rows of it"],
)
def test_in_a_file_that_begins_with_an_earlier_hour_a_lost_row_may_be_of_that(
    decoded, row, clockless, rows, made, aside
):
    """There the hour's own file holds it: made anew in this hour, too, it would count twice."""
    outcome = decoded(b"".join(row(counter=str(n), at=at, cycle="5") for n, at in enumerate(rows, 1)), clockless)
    assert [counter for counter, (_, wrote) in told(outcome).items() if wrote] == made
    assert [one.reason for one in outcome.refused] == ["clock"] * aside


def test_a_clock_that_is_absent(decoded, layout, row):
    using = layout(fields={"produced_at": {"rebuild": "cycle"}, "cycle_s": {"column": 6}})
    rows = [row(counter=str(n), at="", cycle="1800") for n in (1, 2, 3)]
    outcome = decoded(b"".join(rows), using)
    assert [record["flags"] for record in outcome.records] == ["rebuilt"] * 3
    assert [record["produced_at_source"] for record in outcome.records] == [None] * 3
    assert {record["hour"] for record in outcome.records} == {SEVEN}, "3 cycles of half an hour: within the hour still"
    assert len({record["produced_at"] for record in outcome.records}) == 3


def test_a_row_that_stands_twice_in_a_file_takes_its_cycle_once(decoded, row, clockless):
    rows = [row(counter="1", at=RESET.format(1), cycle="5")] * 2 + [row(counter="2", at=RESET.format(1), cycle="5")]
    outcome = decoded(b"".join(rows), clockless)
    assert [record["repeat"] for record in outcome.records] == [False, True, False]
    assert [(record["produced_at"] - SEVEN) // S for record in outcome.records] == [5, 5, 10]


def test_what_is_no_time_is_still_refused(decoded, row, clockless):
    rows = [row(counter="1", at="5/1/26", cycle="5"), row(counter="2", at="-", cycle="5")]
    outcome = decoded(b"".join(rows), clockless)
    assert outcome.reasons == [(1, "time", "produced_at", "5/1/26")]
    assert told_counters(outcome) == [2], "a word for nothing is a time that is absent"


def test_without_any_cycle_nothing_is_made_of_it(decoded, row, clockless):
    outcome = decoded(row(at=RESET.format(1), cycle="-"), clockless)
    assert outcome.reasons == [(1, "clock", "produced_at", RESET.format(1))]


def test_without_the_declaration_or_an_hour_in_the_name_it_is_refused(decoded, layout, row, clockless):
    data = row(at=RESET.format(1), cycle="5")
    refused = [(1, "clock", "produced_at", RESET.format(1))]
    assert decoded(data, layout(), earliest={"M01": SEVEN - 3600 * S}).reasons == refused
    assert decoded({"M01_20261399_07.txt": data}, clockless, earliest={"M01": SEVEN - 3600 * S}).reasons == refused


def test_identity_is_the_time_as_written_not_the_one_made_anew(decoded, row, clockless):
    """Two files of one hour that hold the same row: it has the same identity, whatever stands above it."""
    one = [row(counter=str(n), at=RESET.format(n), cycle="5") for n in (1, 2, 3)]
    outcome = decoded({"M01_20260105_07.txt": b"".join(one), "M01_20260105_07_b.txt": b"".join(one[1:])}, clockless)
    by_file = {
        number: {record["counter"]: record["identity"] for record in outcome.records if record["file"] == number}
        for number in (0, 1)
    }
    assert by_file[1].items() < by_file[0].items() and len(set(by_file[0].values())) == 3


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"hour": None}, "rebuild_needs, hour"),
        ({"fields": {"cycle_s": None}}, "rebuild_needs, fields, cycle_s"),
        ({"fields": {"counter": {"column": 2, "rebuild": "cycle"}}}, "rebuild_of_time, fields, counter, rebuild"),
    ],
)
def test_what_it_needs(layout, changed, rule):
    fields = {"produced_at": {"rebuild": "cycle"}} | changed.pop("fields", {})
    with pytest.raises(ValidationError, match=rule):
        layout(fields=fields, **changed)


def told_counters(outcome):
    return [record["counter"] for record in outcome.records]
