"""The example layouts read their own samples, and any bytes at all: every row is accounted for."""

import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aponta.contract.layout import TOTALS, Layout
from aponta.lab.form import LAYOUTS

EXAMPLES = sorted(path.parent for path in LAYOUTS.glob("*/*.toml"))
quiet = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def layout_of(folder):
    (path,) = folder.glob("*.toml")
    return Layout.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def sample_of(folder):
    """Its path below the landing folder, and its bytes."""
    (path,) = (one for one in folder.rglob("*") if one.is_file() and one.suffix != ".toml")
    return path.relative_to(folder).as_posix(), path.read_bytes()


def machine_of(folder):
    path, _ = sample_of(folder)
    below, _, name = path.rpartition("/")
    found = layout_of(folder).match(name, below)
    return found.get("name:machine") or found["path:machine"]


@pytest.fixture(params=EXAMPLES, ids=[folder.name for folder in EXAMPLES])
def example(request):
    return request.param


def test_there_are_some():
    assert len(EXAMPLES) >= 6


def test_it_reads_its_sample_whole(decoded, example):
    path, data = sample_of(example)
    found = decoded({path: data}, layout_of(example), machines=(machine_of(example),))
    assert found.file.refused is None and found.reasons == []
    assert found.file.records >= 5
    assert found.file.trailer == ("right" if layout_of(example).lines.trailer else "none")
    totals = set(TOTALS) & layout_of(example).fields.keys()  # of running totals, what they rose by is counted later
    assert {record["quality"] for record in found.records} <= ({None} if totals else {"good", "scrap"})
    assert {record["flags"] for record in found.records} == {None}


@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_it_reads_its_sample_whatever_case_a_file_system_gave_the_name(decoded, example, case):
    path, data = sample_of(example)
    folder, mark, name = path.rpartition("/")
    found = decoded({f"{case(folder)}{mark}{case(name)}": data}, layout_of(example), machines=(machine_of(example),))
    assert found.file.refused is None and found.reasons == []
    assert {record["machine"] for record in found.records} == {machine_of(example)}


@quiet
@given(data=st.data())
def test_any_bytes_at_all(decoded, example, data):
    path, good = sample_of(example)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(good)))
        put = data.draw(st.sampled_from([b"\n", b"\r", b"\0", b"\xff", b'"', b"[", b"=", b";", b"\t", b" ", good[:40]]))
        good = good[:at] + put + good[at + data.draw(st.integers(0, 20)) :]
    decoded({path: good}, layout_of(example), machines=(machine_of(example),))
