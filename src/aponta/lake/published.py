"""The published versions: those of the tables that belong together, and the batch that wrote them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aponta.errors import ConfigError, ContractError

FORMAT = 1  # of published.json; one without a number is of the first

PUBLISHED = "published.json"  # in the lake's folder


def published_versions(folder: Path) -> dict[str, int]:
    """table -> version. Raises ContractError `lake.published_unreadable`, ConfigError `lake.newer_folder`."""
    return {name: table["version"] for name, table in _read(folder)["tables"].items()}


def published_batch(folder: Path) -> int:
    """The last published batch; 0: none yet. Raises as `published_versions` does."""
    batch: int = _read(folder)["batch"]
    return batch


def publication(folder: Path) -> str:
    """A text that changes when other versions are published; "0" before the first. Opens no file."""
    try:
        status = (folder / PUBLISHED).stat()
    except FileNotFoundError:
        return "0"
    return f"{status.st_mtime_ns}-{status.st_size}"


def published_columns(folder: Path) -> dict[str, dict[str, str] | None]:
    """table -> name -> kind of its columns, as the release declared them that wrote it last; None: it did not say.
    Raises as `published_versions` does.
    """
    return {name: table.get("columns") for name, table in _read(folder)["tables"].items()}


def content(batch: int, versions: Mapping[str, int], columns: Mapping[str, Mapping[str, str] | None]) -> bytes:
    """The content of published.json: the batch, and each table's version and columns."""
    tables = {
        name: {"version": version} | ({"columns": columns[name]} if columns.get(name) else {})
        for name, version in sorted(versions.items())
    }
    return json.dumps({"format": FORMAT, "batch": batch, "tables": tables}, indent=1).encode()


def _read(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / PUBLISHED).read_bytes())
    except FileNotFoundError:
        return {"batch": 0, "tables": {}}
    except ValueError as error:
        raise ContractError("lake.published_unreadable", file=folder / PUBLISHED, why=error) from None
    if found.get("format", 1) > FORMAT:
        raise ConfigError("lake.newer_folder", file=folder / PUBLISHED, format=found["format"], known=FORMAT)
    return found


def check_lake(folder: Path, versions: Mapping[str, int]) -> None:
    """versions: of the tables that the last finished batch left. Raises ContractError `pipeline.lake_missing`."""
    for name in sorted(versions):
        if not folder.joinpath(*name.split("."), "_delta_log").is_dir():
            raise ContractError("pipeline.lake_missing", folder=folder, table=name)
