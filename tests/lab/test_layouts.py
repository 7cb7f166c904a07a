"""A handful of faults of each layout but the press's (of that, all: test_acceptance), each on a machine of its own, a
day, through the whole pipeline.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from verification import differences_of, query_in_process, run_and_verify, simulate_with

from aponta.lab import forms
from aponta.lab.truth.verify import Comparison

ANY = -1  # rows: as many as the hour had
Outcome = tuple[set[tuple[str, str | None, str | None, str]], dict[str, int]]  # odd files, rows quarantined
CUT = ({("version", None, None, "none")}, {"truncated": 2})
EXPECTED: dict[str, dict[str, Outcome]] = {
    "euromap63": {
        "clock_skew": ({("new", None, "clock", "none")}, {}),
        "corrected_version": ({("version", None, None, "none")}, {}),
        "garbage_rows": (set(), {"columns": 2, "number": 2, "time": 1, "encoding": 1}),
        "header_again": (set(), {}),
        "mixed_decimals": (set(), {"number": 2}),
        "nul_inside": ({("quarantined", "nul", None, "none")}, {}),
        "packed_day": (set(), {}),
        "truncated_row": CUT,
        "unknown_product": (set(), {}),
    },
    "logger": {
        "clock_future": (set(), {"clock": ANY}),
        "cumulative": (set(), {}),
        "garbage_rows": (set(), {"columns": 1, "number": 2, "time": 1, "encoding": 1}),
        "other_encoding": (set(), {"encoding": 2}),
        "quoted_delimiter": (set(), {"columns": 2}),
        "renamed_copy": ({("duplicate", None, None, "none")}, {}),
        "same_millisecond": (set(), {}),
        "wrapped_row": (set(), {}),
        "zero_bytes": ({("quarantined", "empty", None, "none")}, {}),
    },
    "packml": {
        "clock_drift": (set(), {}),
        "clock_reset": (set(), {"clock": ANY}),
        "cumulative": (set(), {}),
        "midnight": ({("new", None, "clock", "none")}, {}),
        "missing_hour": (set(), {}),
        "overlap": (set(), {}),
        "state_again": (set(), {}),
        "truncated_row": CUT,
        "unknown_state": (set(), {}),
    },
    "terminal": {
        "checksum_lies": ({("new", None, None, "wrong")}, {}),
        "firmware_drift": (set(), {"columns": ANY}),
        "garbage_rows": (set(), {"columns": 2, "number": 1, "time": 1}),
        "lying_trailer": ({("new", None, None, "wrong")}, {}),
        "midnight": ({("new", None, "clock", "right")}, {}),
        "month_first": (set(), {"clock": ANY}),
        "no_trailer": ({("new", None, None, "none")}, {}),
        "overlap": (set(), {}),
        "wrong_machine": ({("quarantined", "wrong_machine", None, "none")}, {}),
    },
    "yokogawa": {
        "broken_row": (set(), {"columns": 2}),
        "clock_skew": ({("new", None, "clock", "none")}, {}),
        "counter_rollover": (set(), {}),
        "cumulative": (set(), {}),
        "garbage_rows": (set(), {"columns": 2, "number": 2, "time": 1}),
        "other_case": (set(), {}),
        "partial_write": ({("version", None, None, "none")}, {"truncated": 1}),
        "two_hours_at_once": (set(), {}),
        "wrong_hour_in_name": ({("new", None, "hour_in_name", "none")}, {}),
    },
}
CASES = [(layout, fault) for layout, faults in EXPECTED.items() for fault in faults]


@dataclass(frozen=True)
class Mixed:
    compared: list[Comparison]
    machine: dict[tuple[str, str], str]
    tables: dict[str, list[dict[str, Any]]]

    def rows(self, layout: str, fault: str, table: str) -> list[dict[str, Any]]:
        return [row for row in self.tables[table] if row["machine"] == self.machine[layout, fault]]


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    machine_of: dict[tuple[str, str], str] = {}

    def one_each(faults: Any, machines: Any) -> dict[str, list[Any]]:
        own: dict[str, list[Any]] = {}
        for layout, befall in EXPECTED.items():
            for fault, machine in zip(befall, (one for one in machines if one.form == layout), strict=True):
                own.setdefault(fault, []).append([machine])
                machine_of[layout, fault] = machine.code
        return own

    folder = tmp_path_factory.mktemp("mixed") / "plant"
    names = list({fault for _, fault in CASES})
    simulate_with(folder, one_each, machines=len(CASES), days=1, layouts=list(EXPECTED), faults=names)
    factory, compared = run_and_verify(folder)
    tables = ("silver.files", "silver.quarantine", "silver.states", "silver.stops")
    return Mixed(compared, machine_of, {name: query_in_process(factory, f"select * from {name}") for name in tables})


def test_each_other_layout_has_its_faults() -> None:
    assert {*EXPECTED, forms.USUAL} == set(forms.every_form())


def test_nothing_differs_from_the_truth(mixed: Mixed) -> None:
    assert differences_of(mixed.compared) == {}


@pytest.mark.parametrize(("layout", "fault"), CASES)
def test_what_becomes_of_its_files_and_rows(mixed: Mixed, layout: str, fault: str) -> None:
    odd, aside = EXPECTED[layout][fault]
    usual = ("new", None, None, "right" if forms.every_form()[layout].trailer else "none")
    files = mixed.rows(layout, fault, "silver.files")
    assert {(row["status"], row["reason"], row["flags"], row["trailer"]) for row in files} - {usual} == odd
    refused = Counter(
        row["reason"] for row in mixed.rows(layout, fault, "silver.quarantine") if row["row_no"] is not None
    )
    assert set(refused) == set(aside)
    assert all(refused[reason] == count for reason, count in aside.items() if count != ANY)


def test_a_machine_that_tells_its_states_has_reasons_and_others_have_none(mixed: Mixed) -> None:
    telling = {code for (layout, _), code in mixed.machine.items() if layout == "packml"}
    assert {row["machine"] for row in mixed.tables["silver.states"]} == telling
    reasons = {row["machine"] for row in mixed.tables["silver.stops"] if row["reason"]}
    assert reasons == telling
    kinds = {row["kind"] for row in mixed.tables["silver.stops"] if row["machine"] in telling}
    assert kinds == {"stop", "micro_stop", "changeover", "external", "failure"}


def test_a_state_that_nobody_declared_says_nothing(mixed: Mixed) -> None:
    own = mixed.rows("packml", "unknown_state", "silver.states")
    assert [(row["state"], row["code"]) for row in own if row["state"] == "unknown"] == [("unknown", "Manual")]
    assert not [row for row in mixed.rows("packml", "state_again", "silver.states") if row["state"] == "unknown"]


def test_the_same_state_told_again_goes_on(mixed: Mixed) -> None:
    states = sorted(mixed.rows("packml", "state_again", "silver.states"), key=lambda row: row["started_at"])
    again = {row["started_at"] for before, row in pairwise(states) if row["code"] == before["code"]}
    begun = {row["started_at"] for row in mixed.rows("packml", "state_again", "silver.stops")}
    assert len(again) > 10 and begun and not again & begun
