"""A day side by side: counters, items, facts, declarations, and what the stock system holds by its own account."""

import sqlite3
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import factory as small
import pytest

from aponta.config import load
from aponta.ops.database import connected
from aponta.show.print import stock_day
from aponta.usecases.stock import reconciliation
from aponta.words import LANGUAGES, Words

DAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Three hours of M01, with scrap and a product that nobody entered; M02 makes work in process, N01 none."""
    made = small.make(tmp_path_factory.mktemp("day"))
    for machine in ("M01", "M02", "N01"):
        for hour in range(3):
            small.deliver(made, small.name(machine, hour), small.text(machine, small.steady(hour)))
    small.deliver(made, small.name("M01", 3), small.text("M01", small.steady(3, product="X")))
    small.run(made)
    return made


@pytest.fixture
def factory(day, tmp_path):
    return small.copy_to(day, tmp_path)


def reconcile(factory, on=DAY):
    (destination,) = factory.settings.stock
    with connected(factory.ops_url) as engine:
        return reconciliation.reconcile_stock(factory, engine, destination, on, "ana", lambda: small.WEEK_LATER)


def in_stock(factory, *statements):
    with sqlite3.connect(factory.data / "stock.db") as database:
        for statement in statements:
            database.execute(statement)


def kinds(made):
    return sorted((gap.kind, gap.machine) for gap in made.gaps)


def test_a_day_without_a_difference(factory):
    made = reconcile(factory)
    assert (made.gaps, made.requeued, made.waits, made.refused) == ((), 0, 0, 12)
    by = {line.product: line for line in made.by_product()}
    finished = [line for line in made.lines if line.machine == "M01" and line.product != "X"]
    assert (
        sum(line.in_stock for line in finished)
        == sum(line.declared for line in finished)
        == sum(line.good + line.scrap for line in finished)
    )
    assert (by["X"].due, by["X"].declared, by["X"].acknowledged) == (12, 12, Decimal(0)), "it waits for its line"
    assert [one.counted for one in made.counted if one.machine == "M01"] == [12] * 4
    assert {one.counted for one in made.counted if one.machine == "N01"} == {None}, "it numbers nothing"


def test_it_is_kept_until_the_next_time(factory):
    made = reconcile(factory)
    with connected(factory.ops_url) as engine:
        assert reconciliation.load_day(engine, "main", DAY) == made
        assert reconciliation.load_day(engine, "main", DAY + timedelta(days=1)) is None
        reconcile(factory)
        assert [(day, count) for day, _, count in reconciliation.reconciled_days(engine, "main", 5)] == [(DAY, 0)]


def test_what_is_missing_there_goes_again_and_is_named_with_its_files(factory):
    key = "T:M01:P:20260302T10:good:1"
    in_stock(
        factory, f"delete from stock_movement where key = '{key}'", f"delete from stock_ledger where key = '{key}'"
    )
    made = reconcile(factory)
    assert (kinds(made), made.requeued) == ([("missing", "M01")], 1)
    assert made.gaps[0].files == (small.name("M01", 0),)
    small.run(factory)
    assert reconcile(factory).gaps == ()


def test_what_was_never_declared_is_a_difference(factory):
    with sqlite3.connect(factory.data / "ops.db") as database:
        database.execute("delete from outbox where key = 'T:M01:P:20260302T10:good:1'")
    assert kinds(reconcile(factory)) == [("extra", "M01"), ("undeclared", "M01")]


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [("machines.csv", "finished", "none"), ("aponta.toml", "2026-03-01T00", "2026-03-05T00")],
)
def test_what_was_declared_before_the_configuration_changed_stays(factory, file, before, after):
    path = factory.folder / file
    path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    assert reconcile(load(factory.folder)).gaps == ()


def test_the_files_of_an_hour_that_is_open_are_on_their_way(tmp_path):
    made = small.make(tmp_path)
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0), trailer=False))
    small.run(made, small.START + timedelta(minutes=61))
    found = reconcile(made)
    assert (found.gaps, found.waits) == ((), 12)


def test_the_day_is_the_factorys(factory):
    assert reconcile(factory, DAY - timedelta(days=1)).lines == ()
    since, until = reconciliation.day_hours(factory, DAY)
    assert (since.hour, until - since) == (3, timedelta(days=1)), "midnight in Sao Paulo"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_for_the_accountant(factory, language):
    in_stock(factory, "update stock_movement set quantity = 1 where key = 'T:M01:P:20260302T10:good:1'")
    made = reconcile(factory)
    drawn = stock_day.draw_stock_day(factory, [made], "f" * 64, Words(language)).svg()
    assert "f" * 64 in drawn and small.name("M01", 0) in drawn and "{" not in drawn
    assert Words(language).say("pipeline.reconciled.title") in drawn


def test_a_counter_that_rolled_over_counts_on(tmp_path):
    rolls = small.LAYOUT.format(name="counted", letter="M", counter="counter = { column = 2, rollover = 100 }")
    made = small.make(tmp_path, counted=rolls)
    items = [replace(one, counter=one.counter % 100) for one in small.steady(0, first=95)]
    small.deliver(made, small.name("M01", 0), small.text("M01", items))
    small.run(made)
    assert [one.counted for one in reconcile(made).counted] == [12]
