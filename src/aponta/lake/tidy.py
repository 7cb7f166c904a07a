"""Few large files instead of many small ones: which partitions of a table have enough files to make one of them."""

from deltalake import DeltaTable

from aponta.contract.table import Table
from aponta.factory_calendar import from_us
from aponta.lake.delta import compact_table, data_files

MANY_FILES = 16  # of one partition: then they are made one
FEW_FILES = 4  # of a day that is over: not worth making one of them


def tidy_table(handle: DeltaTable, table: Table, today: int) -> None:
    """Makes one file of each partition that has too many, and of each day that is over. today: microseconds, UTC."""
    if table.partition is None:
        if len(data_files(handle)) > MANY_FILES:
            compact_table(handle, None, ())
        return
    counts: dict[str, int] = {}
    for path in data_files(handle):
        value = path.rpartition(f"{table.partition}=")[2].split("/")[0]
        counts[value] = counts.get(value, 0) + 1
    day = from_us(today).date().isoformat()
    values = [
        value
        for value, count in counts.items()
        if count > MANY_FILES or (count > FEW_FILES and table.partition == "date" and value < day)
    ]
    if values:
        compact_table(handle, table.partition, values)
