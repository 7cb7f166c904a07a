"""Months of hourly facts without any text: what the pipeline would have made of it, for those who build upon facts."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aponta.lab.truth.truth import OEE, PRODUCTION


def write_facts(folder: Path, truth: Mapping[str, Any]) -> None:
    """`production.csv` (gold.production without `provisional`) and `oee.csv` (kpi.oee) into `folder`."""
    folder.mkdir()
    for name, columns in (("production", PRODUCTION), ("oee", OEE)):
        _table(folder / f"{name}.csv", columns, truth[name])


def _table(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
