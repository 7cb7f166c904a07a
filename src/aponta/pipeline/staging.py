"""Staging: decode leaves a batch for refine in `data/staging/batch-7/`, records as Parquet beside `staged.json`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from aponta import __version__
from aponta.contract.decoded import (
    STAGED_REFUSED,
    STAGED_STATES,
    DecodedFile,
    HourOfFile,
    QuarantineEntry,
    Staged,
    staged_columns,
)
from aponta.ops.disk import write_whole

Key = tuple[str, str | None, int | None]  # sha256, and the machine and the hour the file is named after


def folder(data: Path, batch: int) -> Path:
    return data / "staging" / f"batch-{batch}"


def exists(data: Path, batch: int) -> bool:
    return (folder(data, batch) / "staged.json").exists()


def save_staged(where: Path, keys: Sequence[Key], staged: Staged) -> None:
    """Written last, whole or not at all: a folder without `staged.json` is decoded again."""
    content = {
        "form": staged_format(),
        "keys": [list(key) for key in keys],
        "files": [asdict(file) for file in staged.files],
        "refused": [asdict(row) for row in staged.refused],
        "records": [path.name for path in staged.records],
        "states": [path.name for path in staged.states],
        "products": staged.products,
        "refused_rows": [path.name for path in staged.refused_rows],
    }
    write_whole(where / "staged.json", json.dumps(content).encode())


def load_staged(where: Path, keys: Sequence[Key]) -> Staged | None:
    """The staged batch, if it is of just these files and in today's format; else None."""
    try:
        content: dict[str, Any] = json.loads((where / "staged.json").read_bytes())
    except FileNotFoundError:
        return None
    if content.get("form") != staged_format():
        return None  # another version of aponta decoded them
    if [tuple(key) for key in content["keys"]] != list(keys):
        return None  # the configuration changed in between: other files, or other machines
    files = (
        DecodedFile(**{**file, "hours": tuple(HourOfFile(**hour) for hour in file["hours"])})
        for file in content["files"]
    )
    return Staged(
        tuple(files),
        tuple(QuarantineEntry(**row) for row in content["refused"]),
        tuple(where / name for name in content["records"]),
        tuple(where / name for name in content["states"]),
        tuple(content["products"]),
        tuple(where / name for name in content["refused_rows"]),
    )


def staged_format() -> list[str]:
    """The names of all staged values: where they differ, another version of aponta staged the batch, and it is decoded
    again.
    """
    parts = [name for of in (DecodedFile, HourOfFile, QuarantineEntry) for name in (field.name for field in fields(of))]
    return [__version__, *parts, *staged_columns(()), *STAGED_STATES, *STAGED_REFUSED]
