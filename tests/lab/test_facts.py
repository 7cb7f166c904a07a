import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aponta.lab.folder import simulate


def test_facts_equal_what_the_text_tells(
    faultless: Path, small: dict[str, Any], truth_of: Callable[[Path], dict[str, Any]], tmp_path: Path
) -> None:
    folder = simulate(tmp_path / "facts", **small, facts=True).folder
    truth = truth_of(faultless)
    for table in ("production", "oee"):
        with (folder / "facts" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            assert list(csv.DictReader(file)) == [
                {column: str(value) for column, value in row.items()} for row in truth[table]
            ]
    assert not list((folder / "landing").iterdir())
