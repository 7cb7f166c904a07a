"""Each fault alone on a machine of its own, two days, through the whole pipeline: what the tables then say of it."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
from verification import differences_of, on_hand, query_in_process, run_and_verify, simulate_with

from aponta.config import Factory
from aponta.contract.decoded import FileReason, RowReason
from aponta.lab import folder as lab
from aponta.lab import forms
from aponta.lab.faults import every_fault
from aponta.lab.truth.verify import Comparison
from aponta.words import LANGUAGES, Words

FAULTS = [name for name, fault in every_fault().items() if fault.suits(forms.every_form()[forms.USUAL])]
TABLES = {
    "files": "select * from silver.files",
    "quarantined": "select * from silver.quarantine where row_no is not null",
    "odd items": "select * from silver.items where flags is not null",
    "hours": "select * from silver.hours",
    "times": "select * from kpi.oee",
    "not taken": "select * from gold.stock_declarations where state <> 'acknowledged'",
}


@dataclass(frozen=True)
class Accepted:
    factory: Factory
    compared: list[Comparison]
    machines: dict[str, list[str]]  # that a fault befell

    tables: dict[str, list[dict[str, Any]]]

    def rows(self, fault: str, table: str) -> list[dict[str, Any]]:
        """Of the fault's machines; of a file that names none, by its own name."""
        own = {*self.machines[fault], *(["M00"] if fault == "unknown_machine" else [])}
        return [row for row in self.tables[table] if (row["machine"] or row["name"][:3].upper()) in own]


@pytest.fixture(scope="session")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Accepted:
    machines_of: dict[str, list[str]] = {}

    def one_each(faults: Any, machines: Any) -> dict[str, list[Any]]:
        free, own = list(machines), {}
        for fault in faults:
            count = 2 if fault.span == "pair" else fault.at_least if fault.once else 1
            own[fault.name] = [[free.pop(0) for _ in range(count)]]
            machines_of[fault.name] = [one.code for one in own[fault.name][0]]
        return own

    folder = tmp_path_factory.mktemp("accepted") / "plant"
    simulate_with(folder, one_each, machines=len(FAULTS) + 3, days=2, faults=["all"])
    factory, compared = run_and_verify(folder)
    return Accepted(
        factory, compared, machines_of, {name: query_in_process(factory, sql) for name, sql in TABLES.items()}
    )


def test_nothing_differs_from_the_truth(accepted: Accepted) -> None:
    assert differences_of(accepted.compared) == {}
    assert len(accepted.compared) > 20


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("machines", "days", "items_per_hour", "layouts", "befall"),
    [(10, 5, 200, "press", FAULTS), (15, 5, 200, "press", FAULTS), (15, 7, 60, "all", every_fault())],
)
def test_all_faults_of_a_week_leave_no_difference(
    machines: int, days: int, items_per_hour: int, layouts: str, befall: Collection[str], tmp_path: Path
) -> None:
    made = lab.simulate_factory(
        tmp_path / "week",
        lab.Simulation(machines=machines, days=days, items_per_hour=items_per_hour, layouts=[layouts], faults=["all"]),
    )
    assert set(made.faults) == set(befall) and not made.left_out
    _, compared = run_and_verify(made.folder)
    assert differences_of(compared) == {}


REFUSED = {  # file quarantined whole -> the reason
    "nul_inside": "nul", "other_extension": "no_layout", "swapped_names": "wrong_machine",
    "unknown_machine": "unknown_machine", "wrong_machine": "wrong_machine", "zero_bytes": "empty",
}  # fmt: skip
STATUS = {
    "corrected_version": "version", "duplicate": "duplicate", "partial_write": "version", "renamed_copy": "duplicate",
    "truncated_row": "version",
}  # fmt: skip
FLAGGED = {
    "clock_skew": "clock", "computer_clock": "clock", "midnight": "clock", "wrong_hour_in_name": "hour_in_name",
}  # fmt: skip
SET_ASIDE: dict[str, dict[str, int]] = {  # rows
    "broken_row": {"columns": 2}, "clock_future": {"clock": 1}, "clock_reset": {"clock": 1},
    "firmware_drift": {"columns": 1}, "garbage_rows": {"columns": 4, "encoding": 3, "number": 3, "time": 2},
    "mixed_decimals": {"number": 2}, "month_first": {"clock": 1}, "other_encoding": {"encoding": 2},
    "partial_write": {"truncated": 1}, "quoted_delimiter": {"columns": 2}, "truncated_row": {"truncated": 2},
}  # fmt: skip
LONG = ("clock_future", "clock_reset", "firmware_drift", "month_first")  # for as long as the hour goes on
COUNTED = {"counter_jump": (0, 1000), "counter_restart": (1, 0)}  # restarts, unseen
TRAILER = {"checksum_lies": "wrong", "lying_trailer": "wrong", "no_trailer": "none"}
ITEM_FLAGS = {"midnight": "off_calendar", "unknown_quality": "quality_code"}
KNOWN = ("corrected_version", "cumulative", "overlap", "partial_write", "truncated_row")  # another file told of them
NO_FILE = {*REFUSED, "missing_hour"}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_becomes_of_its_files(accepted: Accepted, fault: str) -> None:
    told = {(row["status"], row["reason"], row["flags"], row["trailer"]) for row in accepted.rows(fault, "files")}
    odd = told - {("new", None, None, "right")}
    if fault in REFUSED:
        assert odd == {("quarantined", REFUSED[fault], None, "none")}
    elif fault in ("partial_write", "truncated_row"):
        assert odd == {("new", None, None, "none"), ("version", None, None, "right")}
    elif fault in STATUS:
        assert odd == {(STATUS[fault], None, None, "right")}
    elif fault in FLAGGED:
        assert odd == {("new", None, FLAGGED[fault], "right")}
    elif fault in TRAILER:
        assert odd == {("new", None, None, TRAILER[fault])}
    else:
        assert odd == set()


@pytest.mark.parametrize("fault", FAULTS)
def test_what_becomes_of_its_rows(accepted: Accepted, fault: str) -> None:
    found_rows = Counter(row["reason"] for row in accepted.rows(fault, "quarantined"))
    expected = SET_ASIDE.get(fault, {})
    assert set(found_rows) == set(expected)
    assert all(found_rows[reason] == count or fault in LONG for reason, count in expected.items())
    assert {row["flags"] for row in accepted.rows(fault, "odd items")} == {*ITEM_FLAGS.get(fault, "").split()}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_its_hours_tell(accepted: Accepted, fault: str) -> None:
    def total(table: str, column: str) -> int:
        return sum(row[column] for row in accepted.rows(fault, table))

    if fault not in SET_ASIDE and fault != "midnight":  # what is quarantined the counter passed over
        assert (total("hours", "restarts"), total("hours", "unseen")) == COUNTED.get(fault, (0, 0))
    assert (total("times", "unknown_ms") > 0) == (fault in NO_FILE)
    assert (total("files", "items_repeated") > 0) == (fault == "repeated_record")
    assert (total("files", "items_known") > 0) == (fault in KNOWN)


def test_stock_of_a_product_that_nobody_knows_is_rejected_and_nothing_else_is(accepted: Accepted) -> None:
    told = {(row["machine"], row["product"], row["state"]) for row in accepted.tables["not taken"]}
    (own,) = accepted.machines["unknown_product"]
    assert told == {(own, product, "rejected") for product in ("PNL-99-XX", "unknown")}
    assert not any("PNL-99" in product or "unknown" in product for product, _ in on_hand(accepted.factory))


def test_an_item_of_24_00_is_of_the_next_day(accepted: Accepted) -> None:
    (row,) = accepted.rows("midnight", "odd items")
    assert row["produced_at"].endswith("T03:00:00Z") and row["shift"] is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_set_aside_or_flagged_has_words_for_a_technician(language: str) -> None:
    words = Words(language)
    for reason in (*get_args(RowReason), *get_args(FileReason)):
        assert all(words.say(f"show.reason.{reason}.{part}", layouts="layouts/") for part in ("name", "what", "do"))
    assert all(words.say(f"show.file.flag.{flag}") for flag in {*FLAGGED.values()})
    assert words.say("show.file.lies") and words.say("show.hour.held")
    expected = {*REFUSED.values(), *(reason for reasons in SET_ASIDE.values() for reason in reasons)}
    assert expected <= {*get_args(RowReason), *get_args(FileReason)}
