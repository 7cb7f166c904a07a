"""What the doctor finds in a folder that can be read, but will not do what its people expect."""

import factory as small
import pytest

from aponta.usecases.doctor.checks import check_all
from aponta.words import LANGUAGES, Words


def messages(factory):
    """What is not good, by what it says; every word of it stands in every language."""
    found = {one.message: one.facts for one in check_all(factory) if one.state != "good"}
    for language in LANGUAGES:
        for says, facts in found.items():
            assert Words(language).say(f"cli.health.{says}", **facts)
    return found


def test_a_good_folder(tmp_path):
    assert messages(small.make(tmp_path)) == {}


@pytest.mark.parametrize(
    ("name", "says", "value"),
    [
        ("M01_20260302_07.txt", "two_layouts", "counted, uncounted"),
        ("M09_20260302_07.csv", "unknown_machine", "M09"),
        ("notes.md", "no_layout", "notes.md"),
    ],
)
def test_names_that_would_be_refused(tmp_path, name, says, value):
    wide = small.LAYOUT.format(name="uncounted", letter="N", counter="").replace(r"(?P<machine>N\d\d)_", "_")
    machines = small.MACHINES.replace("M01,L1,counted,finished\n", "")
    strict = small.FILES["layouts/counted.toml"].replace(r".*\.txt'", r".*\.(txt|csv)'")
    factory = small.make(tmp_path, uncounted=wide.replace('"name:machine", ', ""), machines=machines, counted=strict)
    (tmp_path / "landing" / name).write_bytes(b"")
    facts = {"folder": "landing", "count": 1, "example": name, "value": value}
    assert messages(factory)[says] == facts


def test_master_data_that_meet_nothing(tmp_path):
    found = messages(
        small.make(tmp_path, machines="machine,line,layout\n", ideal_cycles="product,ideal_cycle_s\nZ,1\n")
    )
    assert {"no_machines", "cycle_product"} <= found.keys()
    assert found["cycle_product"] == {"product": "Z"}
    found = messages(small.make(tmp_path, ideal_cycles="machine,product,ideal_cycle_s\n*,*,1\nM77,P,1\n"))
    assert found == {"cycle_machine": {"machine": "M77"}}
