"""A simulated factory through the whole pipeline, compared with its truth."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aponta.config import Factory, load
from aponta.lab import folder as lab
from aponta.lab.plan import plan_faults
from aponta.lab.truth.verify import Comparison, verify_truth
from aponta.pipeline.report import PassOptions
from aponta.pipeline.run import run_pass
from aponta.ship.destinations import open_destination
from aponta.usecases.read.published import query

LATER = datetime(2026, 5, 4, 12, tzinfo=UTC)  # every hour is long over, every late file there


def query_in_process(factory: Factory, sql: str) -> list[dict[str, Any]]:
    """Run the query in this process: starting one for each statement takes longer than all of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aponta.lake.sql.sandbox.run_in_process", lambda work, *args, **_: work(*args))
        return query(factory, sql)


def on_hand(factory: Factory) -> dict[tuple[str, str], float]:
    (stock,) = factory.settings.stock
    quantities = open_destination(stock, factory.stock_url(stock), factory.folder).on_hand()
    return {(product, place): float(quantity) for product, place, quantity in quantities}


def run_and_verify(folder: Path) -> tuple[Factory, list[Comparison]]:
    factory = load(folder)
    run_pass(factory, PassOptions(wait_for_young=False), clock=lambda: LATER)
    return factory, verify_truth(folder, partial(query_in_process, factory), lambda: on_hand(factory))


def differences_of(compared: list[Comparison]) -> dict[str, tuple[str, ...]]:
    return {measure.measure: measure.examples for measure in compared if measure.differences}


def simulate_with(folder: Path, machines_of: Callable[[Any, Any], Mapping[str, list[Any]]], **simulation: Any) -> Path:
    """A simulated factory whose faults fall on the machines that `machines_of(faults, machines)` names for each."""

    def placed(faults: Any, machines: Any, forms: Any, days: Any, seed: int, **_: Any) -> Any:
        plans: dict[str, Any] = {machine.code: {} for machine in machines}
        own = machines_of(faults, machines)
        for fault in faults:
            for codes in own.get(fault.name, ()):
                plans |= plan_faults([fault], codes, forms, days, seed)
        return plans

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab, "plan_faults", placed)
        return lab.simulate_factory(folder, lab.Simulation(items_per_hour=60, **simulation), processes=1).folder
