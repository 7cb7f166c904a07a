"""Finds machines whose files no longer fit their layout, and what has changed in these files."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aponta.collect.raw import RawZone
from aponta.config import Factory
from aponta.errors import ConfigError
from aponta.usecases.read.published import Published

if TYPE_CHECKING:
    from aponta.decode.sniff.drift.drift import Drift

DRIFTING_SHARE = 0.2  # of a file's records: if more are quarantined, the machine may write otherwise than before


@dataclass(frozen=True)
class DriftingFile:
    """A file, and how many of its rows were quarantined because of their form. layout: the layout that read it."""

    machine: str
    layout: str
    sha256: str
    name: str
    aside: int
    rows: int


def drifting_machines(factory: Factory, machine: str | None = None) -> list[DriftingFile]:
    """The last file of each machine, where much of it is quarantined."""
    rows = Published(factory).rows(_DRIFTING, machine, DRIFTING_SHARE)
    return [DriftingFile(**row) for row in rows if row["layout"] in factory.layouts]


def drifting_file(factory: Factory, sha256: str) -> DriftingFile:
    """The file, quarantined or not. Raises ConfigError `pipeline.read_by_none`: it never had a layout."""
    rows = Published(factory).rows(_FILE, sha256)
    for row in rows:
        layout = row["layout"] or (
            factory.machines[row["machine"]].layout if row["machine"] in factory.machines else None
        )
        if row["machine"] is not None and layout in factory.layouts:
            return DriftingFile(**{**row, "layout": layout})
    raise ConfigError("pipeline.read_by_none", file=rows[0]["name"] if rows else sha256[:12])


def drift_of(factory: Factory, file: DriftingFile) -> "Drift":
    """Compares the file with its layout, and with the last file that this layout read whole, if there is one."""
    from aponta.decode.sniff import sample_of_chunks
    from aponta.decode.sniff.drift.drift import detect_drift

    raw = RawZone(factory.data / "raw")
    before = Published(factory).rows(_LAST_WHOLE, file.machine, file.layout, file.sha256)
    good = sample_of_chunks(before[0]["name"], raw.pieces(before[0]["file_sha256"])) if before else None
    after = sample_of_chunks(file.name, raw.pieces(file.sha256))
    return detect_drift(factory.layouts[file.layout], after, good, file.machine, factory.settings.factory.timezone)


_FORM_REASONS = "('columns', 'number', 'time', 'missing', 'encoding', 'quote', 'nul')"
_DRIFTING = f"""
WITH last AS (
  SELECT *, row_number() OVER (PARTITION BY machine ORDER BY arrival DESC) AS place FROM silver.files
  WHERE status <> 'duplicate' AND machine = coalesce(?1, machine)
), aside AS (
  SELECT file_sha256, count(*) AS refused, bool_or(row_no IS NULL) AS whole FROM silver.quarantine
  WHERE status = 'open' AND reason IN {_FORM_REASONS} GROUP BY file_sha256
)
SELECT l.machine, l.layout, l.file_sha256 AS sha256, l.name,
       CASE WHEN a.whole THEN l.rows ELSE a.refused END AS aside, l.rows
FROM last l JOIN aside a USING (file_sha256)
WHERE l.place = 1 AND l.layout IS NOT NULL AND (a.whole OR a.refused > ?2 * (l.records + l.quarantined))
ORDER BY l.machine"""
_FILE = """
SELECT machine, layout, file_sha256 AS sha256, name, quarantined AS aside, rows FROM silver.files
WHERE file_sha256 = ?1 ORDER BY arrival DESC"""
_LAST_WHOLE = """
SELECT name, file_sha256 FROM silver.files
WHERE machine = ?1 AND layout = ?2 AND file_sha256 <> ?3 AND records > 0 AND quarantined * 20 <= records
ORDER BY quarantined = 0 DESC, arrival DESC LIMIT 1"""
