"""What the operational database says was written must still be there: the lake's tables, and the files as they came."""

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Connection, select

from aponta.errors import ContractError
from aponta.ops.tables import arrival

SAMPLE = 100  # a look at every file of years would take minutes


def check_lake(folder: Path, versions: Mapping[str, int]) -> None:
    """versions: of the tables that the last finished batch left. Raises ContractError `pipeline.lake_missing`."""
    for name in sorted(versions):
        if not folder.joinpath(*name.split("."), "_delta_log").is_dir():
            raise ContractError("pipeline.lake_missing", folder=folder, table=name)


def some_files(connection: Connection) -> set[str]:
    """Hashes of the newest files, and of some of all times: their bytes must be in the raw zone."""
    newest = select(arrival.c.sha256).order_by(arrival.c.id.desc()).limit(SAMPLE)
    any_time = select(arrival.c.sha256).distinct().order_by(arrival.c.sha256).limit(SAMPLE)  # hashes know no time
    return {row.sha256 for query in (newest, any_time) for row in connection.execute(query)}
