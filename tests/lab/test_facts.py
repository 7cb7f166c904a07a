import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aponta.lab.folder import Simulation, simulate_factory


def test_facts_equal_what_the_text_tells(
    faultless: Path, small: dict[str, Any], truth_of: Callable[[Path], dict[str, Any]], tmp_path: Path
) -> None:
    assert_equal_facts(
        simulate_factory(tmp_path / "facts", Simulation(**small, facts=True)).folder, truth_of(faultless)
    )


def test_facts_of_all_layouts_too(truth_of: Callable[[Path], dict[str, Any]], tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"machines": 7, "days": 1, "items_per_hour": 60, "layouts": ["all"]}
    text = simulate_factory(tmp_path / "text", Simulation(**arguments)).folder
    assert_equal_facts(simulate_factory(tmp_path / "facts", Simulation(**arguments, facts=True)).folder, truth_of(text))


def assert_equal_facts(folder: Path, truth: dict[str, Any]) -> None:
    for table in ("production", "oee"):
        with (folder / "facts" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            assert list(csv.DictReader(file)) == [
                {column: str(value) for column, value in row.items()} for row in truth[table]
            ]
    assert not list((folder / "landing").iterdir())
