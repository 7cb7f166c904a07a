"""A lake or raw files that are gone are said to be gone: an empty factory is another thing."""

import shutil

import factory as small
import pytest

from aponta.errors import ContractError
from aponta.usecases.doctor.checks import check_all
from aponta.usecases.read.published import query
from aponta.usecases.read.status import factory_status


@pytest.fixture
def factory(tmp_path):
    return small.make(tmp_path)


@pytest.fixture
def ran(factory):
    for hour in range(2):
        small.deliver(factory, small.name("M01", hour), small.text("M01", small.steady(hour)))
    small.run(factory)
    return factory


def found(factory, check):
    return [one.message for one in check_all(factory) if one.check == check]


def test_before_the_first_pass_nothing_is_missing(factory):
    assert factory_status(factory)["totals"]["items"] == 0
    assert (found(factory, "lake"), found(factory, "raw")) == (["lake"], ["raw"])


@pytest.mark.parametrize("gone", [".", "published.json"])
def test_a_lake_that_is_gone_is_said(ran, gone):
    gone = ran.lake_folder / gone
    shutil.rmtree(gone) if gone.is_dir() else (gone.unlink(), shutil.rmtree(ran.lake_folder / "silver/items"))
    for ask in (factory_status, lambda _: query(ran, "select * from silver.items"), small.run):
        with pytest.raises(ContractError, match=r"pipeline\.lake_missing"):
            ask(ran)
    assert found(ran, "lake") == ["lake_lost"]


def test_the_doctor_says_so_where_an_ideal_cycle_was_changed_too(ran):
    for layer in ("silver", "gold"):
        shutil.rmtree(ran.lake_folder / layer)
    changed = small.make(ran.folder, ideal_cycles=small.CYCLES.replace("*,P,5", "*,P,6"))
    assert set(found(changed, "lake")) == {"lake_lost"}


def test_it_is_made_again_as_the_error_says(ran):
    before = small.facts(ran)
    shutil.rmtree(ran.lake_folder)
    (ran.data / "ops.db").rename(ran.data / "ops.old")
    report = small.run(ran)
    assert small.facts(ran) == before
    assert report.shipped.rejected == 0


def test_a_raw_file_that_is_missing_is_said(ran):
    assert found(ran, "raw") == ["raw"]
    first, *_ = sorted((ran.data / "raw").rglob("*.zst"))
    first.unlink()
    (missing,) = (one for one in check_all(ran) if one.check == "raw")
    assert (missing.state, missing.facts) == ("bad", {"missing": 1, "known": 2, "example": first.stem})
    shutil.rmtree(ran.data / "raw")
    assert found(ran, "raw") == ["raw_missing"]
