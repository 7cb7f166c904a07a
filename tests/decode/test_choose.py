"""Which layout reads a file; nothing is guessed."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from aponta.config.master import Machine
from aponta.decode.choose import choose_layout
from aponta.factory_calendar import from_us

ZONE = ZoneInfo("America/Sao_Paulo")


@pytest.fixture
def chosen(layout):
    press = layout()
    lathe = layout(name="lathe_v1", hour=None, files=r"(?P<machine>[A-Z]\d\d)_.*\.txt")
    any_machine = layout(
        name="any_v1",
        files=r"^all_(?P<hour>\d{8}_\d{2})\.txt",
        fields={"machine": {"column": 1}},
        lines={"header": None},
    )
    machines = {
        name: Machine(machine=name, line="L", layout=one)
        for name, one in (("M01", "press_v1"), ("M02", "lathe_v1"), ("T01", "lathe_v1"))
    }
    return lambda name, folder="": choose_layout(
        name, folder, {one.name: one for one in (press, lathe, any_machine)}, machines, ZONE
    )


def test_the_name_and_the_machine_tell_the_layout(chosen):
    found = chosen("M01_20260105_07.txt")  # two patterns fit: the machine's own layout counts
    assert (found.layout.name, found.machine, found.refused) == ("press_v1", "M01", None)
    assert chosen("M02_20260105_07.txt").layout.name == "lathe_v1"
    assert chosen("T01_x.txt").layout.name == "lathe_v1"


def test_the_pattern_takes_any_case(chosen):
    assert chosen("M01_20260105_07.TXT").layout.name == "press_v1"


@pytest.mark.parametrize(
    ("name", "reason", "value"),
    [
        ("notes.doc", "no_layout", "notes.doc"),
        ("X99_1.txt", "unknown_machine", "X99"),
        ("M09_20260105_07.txt", "two_layouts", "press_v1, lathe_v1"),
        ("M01_1.txt", "no_layout", "M01_1.txt (M01: press_v1)"),  # only another machine's layout fits
    ],
)
def test_what_cannot_be_told_is_refused(chosen, name, reason, value):
    found = chosen(name)
    assert (found.refused, found.value) == (reason, value)


def test_the_hour_of_the_name_is_local(chosen):
    assert from_us(chosen("M01_20260105_07.txt").hour) == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert chosen("M01_20261305_07.txt").hour is None  # only a hint: the rows tell
    assert chosen("all_20260105_07.txt").machine is None


def test_an_hour_may_be_named_after_its_end(layout):
    ends = layout(hour={"is": "end"})
    machines = {"M01": Machine(machine="M01", line="L", layout="press_v1")}
    found = choose_layout("M01_20260105_08.txt", "", {"press_v1": ends}, machines, ZONE)
    assert from_us(found.hour) == datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.fixture
def in_folders(layout):
    """Machines that give every file one name, each in its own folder."""
    found = layout(
        name="em63",
        files=r"^REPORT\d+\.DAT$",
        path=r"^(?:.*/)?(?P<machine>INJ\d)/(?P<day>\d{8})$",
        hour={"from": "path:day", "format": "%Y%m%d"},
        fields={"machine": {"from": "path:machine"}, "product": {"from": "path:day"}},
        lines={"header": None},
    )
    machines = {name: Machine(machine=name, line="L", layout="em63") for name in ("INJ1", "INJ2")}
    return lambda name, folder: choose_layout(name, folder, {"em63": found}, machines, ZONE)


def test_a_folder_may_tell_the_machine(in_folders):
    found = in_folders("REPORT0001.DAT", "hall/inj1/20260105")
    assert (found.machine, found.refused) == ("INJ1", None)
    assert from_us(found.hour) == datetime(2026, 1, 5, 3, tzinfo=UTC)
    assert found.groups["path:day"] == "20260105"
    assert in_folders("REPORT0001.DAT", "INJ7/20260105").refused == "unknown_machine"
    assert in_folders("REPORT0001.DAT", "").refused == "no_layout"
    assert in_folders("OTHER.DAT", "INJ1/20260105").refused == "no_layout"


def test_a_name_and_a_folder_of_two_machines_are_no_machine(layout):
    both = layout(path=r"(?P<machine>M\d\d)$")
    machines = {name: Machine(machine=name, line="L", layout="press_v1") for name in ("M01", "M02")}
    told = choose_layout("M01_20260105_07.txt", "M02", {"press_v1": both}, machines, ZONE)
    assert (told.refused, told.value) == ("wrong_machine", "M02")
    assert choose_layout("M01_20260105_07.txt", "m01", {"press_v1": both}, machines, ZONE).refused is None
