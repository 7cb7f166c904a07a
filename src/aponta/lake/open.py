"""The one door to the lake: whatever reads or writes it takes its `Lake` from here, not from an engine."""

from collections.abc import Mapping
from pathlib import Path

from aponta.contract.lake import Lake
from aponta.lake.published import published_versions


def open_lake(folder: Path, versions: Mapping[str, int] | None = None) -> Lake:
    """The lake in `folder` at `versions` (table -> version); None: at those that readers see.

    The engine is imported when the first lake is opened: a pass without work loads neither DuckDB nor delta-rs.
    Raises ContractError `lake.published_unreadable`.
    """
    from aponta.lake.embedded import EmbeddedLake

    return EmbeddedLake(folder, published_versions(folder) if versions is None else versions)
