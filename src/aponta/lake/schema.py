"""The tables of a folder beside those that this release declares: they gain the columns they lack, and that is all."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from aponta.contract.table import Column, Table
from aponta.errors import ConfigError
from aponta.lake.published import published_columns


def is_current(folder: Path, tables: Iterable[Table]) -> bool:
    """Were the published tables written with just the columns that are declared? Opens no table."""
    published = published_columns(folder)
    return all(published[table.name] == table.promised for table in tables if table.name in published)


def missing_columns(folder: Path, tables: Iterable[Table]) -> dict[str, tuple[Column, ...]]:
    """Table -> the columns that it gains. Raises as `gained` does."""
    from aponta.lake.delta import open_table, stored_columns  # delta-rs is loaded where a table is opened

    found = {}
    published = published_columns(folder)
    for table in tables:
        if table.name not in published:
            continue
        stored = published[table.name]
        if stored is None:
            handle = open_table(folder.joinpath(*table.name.split(".")))
            if handle is None:
                continue  # its readers report that it is lost
            stored = stored_columns(handle, table)
        if columns := gained(table, stored):
            found[table.name] = columns
    return found


def gained(table: Table, stored: Mapping[str, str]) -> tuple[Column, ...]:
    """The columns that the table declares and a folder's lacks. stored: name -> kind.

    Raises ConfigError `lake.newer_table`, `lake.kind_changed`.
    """
    for name, kind in stored.items():
        if name not in table.promised:
            raise ConfigError("lake.newer_table", table=table.name, column=name)
        if kind != table.promised[name]:
            raise ConfigError(
                "lake.kind_changed", table=table.name, column=name, stored=kind, declared=table.promised[name]
            )
    return tuple(one for one in table.columns if one.name in table.promised and one.name not in stored)
