"""silver.files and silver.quarantine of a batch: a row for each file that came, and for each row that was refused."""

from collections.abc import Iterator

from aponta.contract.decoded import STAGED_REFUSED
from aponta.contract.lake import Frame, Lake, Values, stacked, table_frame
from aponta.contract.table import Kind
from aponta.pipeline.facts.scope import TableWrite
from aponta.pipeline.files.accounting import Accounts
from aponta.refine.silver import files, quarantine

OF_FILE: dict[str, Kind] = {
    "number": "long",
    "file_sha256": "string",
    "name": "string",
    "machine": "string",
    "status": "string",
    "received_at": "long",
}


def file_writes(lake: Lake, accounts: Accounts) -> Iterator[TableWrite]:
    """The writes to both tables, with the earlier rows that change: of files superseded, reinstated or read again."""
    yield from _files(lake, accounts)
    yield from _quarantine(lake, accounts)


def _files(lake: Lake, accounts: Accounts) -> Iterator[TableWrite]:
    resolution = accounts.impact.resolution
    rows = [accounts.file_row(arrival) for arrival in accounts.batch.arrivals]
    where = None
    others = resolution.superseded | resolution.reread | resolution.reinstated
    if others:
        earlier = lake.collect(lake.read(files.TABLE, Values("file_sha256", tuple(sorted(others)))))
        last = {row["file_sha256"]: row["arrival"] for row in sorted(earlier, key=lambda row: int(row["arrival"]))}
        reinstated = {last[sha256] for sha256 in resolution.reinstated}
        rows += [{**row, "in_force": row["arrival"] in reinstated} for row in earlier]
        where = Values("arrival", tuple(row["arrival"] for row in rows))
    if rows:
        yield TableWrite(files.TABLE, table_frame(lake, files.TABLE, rows), where)


def _quarantine(lake: Lake, accounts: Accounts) -> Iterator[TableWrite]:
    resolution = accounts.impact.resolution
    rows = list(accounts.refused_rows())
    of_large_files = _rows_of_large_files(lake, accounts)
    where = None
    known = _known_before(accounts)
    if known:
        earlier = lake.collect(lake.read(quarantine.TABLE, Values("file_sha256", tuple(sorted(known)))))
        shas = lake.rows({"file_sha256": "string"}, [(sha256,) for sha256 in known])
        large = lake.collect(of_large_files.join(shas, on="file_sha256", how="semi"))
        replaced = {(row["file_sha256"], row["row_no"]) for row in (*rows, *large)}
        rows += [
            {**row, "status": "open" if row["file_sha256"] in resolution.reinstated else "solved"}
            for row in earlier
            if (row["file_sha256"], row["row_no"]) not in replaced
        ]
        where = Values("file_sha256", tuple(sorted(known | {row["file_sha256"] for row in accounts.quarantining()})))
    if rows or accounts.staged.refused_rows:
        frame = stacked([table_frame(lake, quarantine.TABLE, rows), of_large_files])
        yield TableWrite(quarantine.TABLE, frame, where)


def _rows_of_large_files(lake: Lake, accounts: Accounts) -> Frame:
    """Rows of silver.quarantine that stand in files of decode: any number of them, never held in memory."""
    paths = accounts.staged.refused_rows
    rows = (lake.read_staged(paths) if paths else lake.rows(STAGED_REFUSED, [])).select(*STAGED_REFUSED)
    of_file = [[row[name] for name in OF_FILE] for row in accounts.quarantining()]
    beside = lake.rows(OF_FILE, of_file).rename({"number": "file"})
    return rows.join(beside, on="file", how="inner").select(*(column.name for column in quarantine.TABLE.columns))


def _known_before(accounts: Accounts) -> set[str]:
    """Files whose quarantine ends or begins again: a better version came or is gone, or they are read otherwise now."""
    resolution, known = accounts.impact.resolution, accounts.impact.known
    return resolution.superseded | resolution.reinstated | {sha256 for sha256 in resolution.files if sha256 in known}
