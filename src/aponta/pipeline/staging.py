"""What decode leaves for refine, on disk: `data/staging/batch-7/` with the records as Parquet and the rest in
`staged.json`.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aponta.contract.decoded import DecodedFile, HourOfFile, Refused, Staged
from aponta.ops.disk import write_whole

Key = tuple[str, str | None, int | None]  # sha256, and the machine and the hour the file is named after


def folder(data: Path, batch: int) -> Path:
    return data / "staging" / f"batch-{batch}"


def exists(data: Path, batch: int) -> bool:
    return (folder(data, batch) / "staged.json").exists()


def save(where: Path, keys: Sequence[Key], staged: Staged) -> None:
    """Written last, whole or not at all: a folder without `staged.json` is decoded again."""
    content = {
        "keys": [list(key) for key in keys],
        "files": [asdict(file) for file in staged.files],
        "refused": [asdict(row) for row in staged.refused],
        "records": [path.name for path in staged.records],
        "states": [path.name for path in staged.states],
        "products": staged.products,
        "refused_rows": [path.name for path in staged.refused_rows],
    }
    write_whole(where / "staged.json", json.dumps(content).encode())


def load(where: Path, keys: Sequence[Key]) -> Staged | None:
    """What was staged for just these files, or None."""
    try:
        content: dict[str, Any] = json.loads((where / "staged.json").read_bytes())
    except FileNotFoundError:
        return None
    if [tuple(key) for key in content["keys"]] != list(keys):
        return None  # the configuration changed in between: other files, or other machines
    files = (
        DecodedFile(**{**file, "hours": tuple(HourOfFile(**hour) for hour in file["hours"])})
        for file in content["files"]
    )
    return Staged(
        tuple(files),
        tuple(Refused(**row) for row in content["refused"]),
        tuple(where / name for name in content["records"]),
        tuple(where / name for name in content["states"]),
        tuple(content["products"]),
        tuple(where / name for name in content["refused_rows"]),
    )
