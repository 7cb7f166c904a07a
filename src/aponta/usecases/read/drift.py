"""Machines whose files no longer fit their layout: which they are, and what has changed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aponta.collect.raw import RawZone
from aponta.config import Factory
from aponta.errors import ConfigError
from aponta.usecases.read.published import Published

if TYPE_CHECKING:
    from aponta.decode.sniff.drift.drift import Drift

SUSPICIOUS = 0.2  # of a file's records: if more were quarantined, it may be written otherwise than before


@dataclass(frozen=True)
class Suspect:
    """A file, and how much of it was quarantined for reasons of its form. layout: that read it."""

    machine: str
    layout: str
    sha256: str
    name: str
    aside: int
    rows: int


def suspects(factory: Factory, machine: str | None = None) -> list[Suspect]:
    """Of each machine the last file, where much of it is quarantined."""
    rows = Published(factory).rows(_SUSPECTS, machine, SUSPICIOUS)
    return [Suspect(**row) for row in rows if row["layout"] in factory.layouts]


def suspect(factory: Factory, sha256: str) -> Suspect:
    """The file, whatever became of it. Raises ConfigError `pipeline.read_by_none`: no layout was ever its own."""
    rows = Published(factory).rows(_FILE, sha256)
    for row in rows:
        layout = row["layout"] or (
            factory.machines[row["machine"]].layout if row["machine"] in factory.machines else None
        )
        if row["machine"] is not None and layout in factory.layouts:
            return Suspect(**{**row, "layout": layout})
    raise ConfigError("pipeline.read_by_none", file=rows[0]["name"] if rows else sha256[:12])


def drift_of(factory: Factory, one: Suspect) -> "Drift":
    """Against its layout, and against the last file that this layout read whole, if there is one."""
    from aponta.decode.sniff import sample_of_chunks
    from aponta.decode.sniff.drift.drift import detect_drift

    raw = RawZone(factory.data / "raw")
    before = Published(factory).rows(_BEFORE, one.machine, one.layout, one.sha256)
    good = sample_of_chunks(before[0]["name"], raw.pieces(before[0]["file_sha256"])) if before else None
    after = sample_of_chunks(one.name, raw.pieces(one.sha256))
    return detect_drift(factory.layouts[one.layout], after, good, one.machine, factory.settings.factory.timezone)


_OF_ITS_FORM = "('columns', 'number', 'time', 'missing', 'encoding', 'quote', 'nul')"
_SUSPECTS = f"""
WITH last AS (
  SELECT *, row_number() OVER (PARTITION BY machine ORDER BY arrival DESC) AS place FROM silver.files
  WHERE status <> 'duplicate' AND machine = coalesce(?1, machine)
), aside AS (
  SELECT file_sha256, count(*) AS refused, bool_or(row_no IS NULL) AS whole FROM silver.quarantine
  WHERE status = 'open' AND reason IN {_OF_ITS_FORM} GROUP BY file_sha256
)
SELECT l.machine, l.layout, l.file_sha256 AS sha256, l.name,
       CASE WHEN a.whole THEN l.rows ELSE a.refused END AS aside, l.rows
FROM last l JOIN aside a USING (file_sha256)
WHERE l.place = 1 AND l.layout IS NOT NULL AND (a.whole OR a.refused > ?2 * (l.records + l.quarantined))
ORDER BY l.machine"""
_FILE = """
SELECT machine, layout, file_sha256 AS sha256, name, quarantined AS aside, rows FROM silver.files
WHERE file_sha256 = ?1 ORDER BY arrival DESC"""
_BEFORE = """
SELECT name, file_sha256 FROM silver.files
WHERE machine = ?1 AND layout = ?2 AND file_sha256 <> ?3 AND records > 0 AND quarantined * 20 <= records
ORDER BY quarantined = 0 DESC, arrival DESC LIMIT 1"""
