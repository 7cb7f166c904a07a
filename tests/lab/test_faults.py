"""Each fault's files, from an hour of thirty items."""

import hashlib
from dataclasses import replace
from datetime import date
from random import Random

from aponta.lab.delivery import HourDelivery, SimulatedHour, deliver_normally
from aponta.lab.faults import every_fault
from aponta.lab.forms.press import FORM, _rows
from aponta.lab.simulation.machine import SimulatedItem
from aponta.lab.simulation.plant import build_plant
from aponta.lab.simulation.shifts import HOUR, to_ms

ONE, OTHER = build_plant(2, 600, [FORM]).machines
NINE = to_ms(date(2026, 3, 3), "09:00")
ITEMS = [SimulatedItem(NINE + 6000 * n, 6000, "PNL-20-AL", "good", 6000 + n, 2000 + n) for n in range(1, 31)]
COUNTERS = range(5_000_000, 5_000_030)
ROWS = _rows("M01", NINE, COUNTERS, ITEMS)
NAME = "M01_20260303_09.txt"


def hour(turn: int = 0, before: tuple[SimulatedHour, ...] = ()) -> SimulatedHour:
    return SimulatedHour(ONE, FORM, NINE, "PNL-20-AL", COUNTERS, ITEMS, ROWS, before=before, peer=OTHER, turn=turn)


def delivered(fault: str, turn: int = 0) -> HourDelivery:
    return every_fault()[fault].deliver(hour(turn), Random(1))


def records(data: bytes) -> list[str]:
    lines = data.decode("cp1252", "replace").split("\r\n")
    return [line for line in lines if line and not line.startswith("#")]


def test_as_it_should() -> None:
    (file,) = deliver_normally(hour(), Random(1)).files
    assert file.path == NAME and file.status == "new" and records(file.data) == ROWS
    assert NINE + HOUR < file.at_ms < NINE + HOUR + 60_000


def test_duplicate_and_renamed_copy_are_the_same_bytes() -> None:
    for fault, path in (("duplicate", f"reenvio/{NAME}"), ("renamed_copy", "M01_20260303_09 - Cópia.txt")):
        first, second = delivered(fault).files
        assert first.path == NAME and second.path == path
        assert hashlib.sha256(first.data).digest() == hashlib.sha256(second.data).digest()
        assert (first.status, second.status) == ("new", "duplicate") and first.at_ms < second.at_ms


def test_a_late_hour_comes_one_to_three_days_later() -> None:
    (file,) = delivered("late_hour").files
    assert 24 <= (file.at_ms - NINE - HOUR) / HOUR <= 72
    assert records(file.data) == ROWS


def test_a_truncated_row_ends_in_its_middle() -> None:
    (cut,) = delivered("truncated_row", turn=1).files
    assert delivered("truncated_row", turn=1).withheld == {29: "truncated"}
    assert b"# fim" not in cut.data and not cut.data.endswith(b"\n")
    *whole, last = records(cut.data)
    assert whole == ROWS[:-1]
    assert ROWS[-1].startswith(last) and last.startswith("M01;5000029;") and len(last) < len(ROWS[-1])


def test_every_other_truncated_file_is_healed() -> None:
    healed = delivered("truncated_row", turn=2)
    assert not healed.withheld
    assert [(file.path, file.status) for file in healed.files] == [(NAME, "new"), (f"reenvio/{NAME}", "version")]
    assert records(healed.files[1].data) == ROWS


def test_garbage_leaves_the_good_rows_and_a_right_trailer() -> None:
    garbage = delivered("garbage_rows")
    (file,) = garbage.files
    good = [row for index, row in enumerate(ROWS) if index not in garbage.withheld]
    assert [row for row in records(file.data) if row in ROWS] == good
    assert len(good) == 25 and len(records(file.data)) == 30 + 7
    assert file.data.endswith(b"# fim registros=30\r\n")
    assert b"\x81" in file.data


def test_spoilt_rows_still_tell_machine_and_counter() -> None:
    garbage = delivered("garbage_rows")
    for index in garbage.withheld:
        (row,) = [row for row in records(garbage.files[0].data) if row.startswith(f"M01;{COUNTERS[index]};")]
        assert row not in ROWS


def test_a_counter_restarts_in_mid_hour() -> None:
    assert list(every_fault()["counter_restart"].number(100, ITEMS[:5], 1000)) == [100, 101, 1, 2, 3]
    assert list(every_fault()["duplicate"].number(100, ITEMS[:3], 1000)) == [100, 101, 102]


def test_where_items_share_a_second_a_counter_restarts_between_two_seconds() -> None:
    """Else the order of the two were that of their numbers."""
    seconds = [
        item._replace(produced_ms=NINE + 1000 * second) for item, second in zip(ITEMS, (1, 1, 1, 1, 2, 2), strict=False)
    ]
    assert list(every_fault()["counter_restart"].number(100, seconds, 1000)) == [100, 101, 102, 103, 1, 2]
    assert list(every_fault()["counter_rollover"].number(7, seconds, 1000)) == [996, 997, 998, 999, 0, 1]


def test_a_cumulative_file_carries_the_day_so_far() -> None:
    earlier = replace(hour(), rows=["an earlier row"])
    (file,) = every_fault()["cumulative"].deliver(hour(before=(earlier,)), Random(1)).files
    assert records(file.data) == ["an earlier row", *ROWS]
    assert file.data.endswith(b"registros=31\r\n")


def test_a_corrected_version_replaces_a_wrong_one() -> None:
    first, second = delivered("corrected_version").files
    assert (second.path, second.status) == (f"reenvio/{NAME}", "version") and records(second.data) == ROWS
    wrong = records(first.data)
    assert first.data.endswith(b"registros=29\r\n") and len(wrong) == 29
    counters = [int(row.split(";")[1]) for row in wrong]
    assert len(set(counters) - set(COUNTERS)) == 2  # phantoms
    assert len(set(COUNTERS) - set(counters)) == 3  # missing
    assert sum(";R;" in row for row in wrong if int(row.split(";")[1]) in COUNTERS) == 5


def test_a_lying_trailer_is_off_by_seven_and_holds_the_stock() -> None:
    for turn, claimed in ((0, 23), (1, 37)):
        lying = delivered("lying_trailer", turn)
        assert lying.stock_withheld and lying.covered
        assert records(lying.files[0].data) == ROWS
        assert lying.files[0].data.endswith(b"# fim registros=%d\r\n" % claimed)


def test_swapped_names_keep_their_own_header() -> None:
    swapped = delivered("swapped_names")
    (file,) = swapped.files
    assert file.path == "M02_20260303_09.txt" and file.data.startswith(b"# maquina=M01 ")
    assert file.status == "quarantined" and not swapped.covered
