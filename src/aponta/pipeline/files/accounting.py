"""The law of accounting, held at every batch: what becomes of each file and row, for reports, tables and receipts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aponta.contract.decoded import DecodedFile, Staged
from aponta.errors import ContractError
from aponta.factory_calendar import from_us, iso, to_us
from aponta.pipeline.facts.scope import BatchChanges
from aponta.pipeline.files.impact import Impact
from aponta.pipeline.ledger.arrivals import Arrival
from aponta.pipeline.ledger.batches import Batch
from aponta.pipeline.ledger.files import KnownFile
from aponta.refine.gold.clocks import AHEAD_MS

OUTCOMES = ("items_new", "items_known", "items_changed", "items_repeated")
ROWS = ("rows", "records", "states", "quarantined", "skipped")


@dataclass
class PassCounts:
    """The counts of a pass, as `aponta run --json` prints them."""

    files: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("seen", "new", "duplicate", "version", "quarantined", "retried"), 0)
    )
    rows: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("total", "records", "states", "quarantined", "skipped"), 0)
    )
    items: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("new", "known", "changed", "repeated", "withdrawn"), 0)
    )

    def add(self, other: "PassCounts") -> None:
        for own, others in ((self.files, other.files), (self.rows, other.rows), (self.items, other.items)):
            for name, count in others.items():
                own[name] += count


@dataclass(frozen=True)
class Accounts:
    batch: Batch
    staged: Staged
    impact: Impact
    changes: BatchChanges

    def outcome(self, file: DecodedFile) -> dict[str, int]:
        """records = new + known + changed + repeated."""
        plain = {"items_new": file.records - file.repeated, "items_repeated": file.repeated}
        return dict.fromkeys(OUTCOMES, 0) | self.changes.outcomes.get(file.number, plain)

    def counts(self) -> PassCounts:
        """Raises ContractError when the accounts of the batch do not add up."""
        counts = PassCounts()
        resolution = self.impact.resolution
        for file in resolution.files.values():
            outcome = self.outcome(file)
            if file.records != sum(outcome.values()):
                raise ContractError("pipeline.records_differ", file=file.sha256[:12], records=file.records, **outcome)
            for name in OUTCOMES:
                counts.items[name.removeprefix("items_")] += outcome[name]
            for total, name in zip(counts.rows, ROWS, strict=True):
                counts.rows[total] += getattr(file, name)
        if not self.changes.several_files:
            self._every_record_is_an_item()
        before = sum(state.items for state in self.impact.neighbours.before_batch.values())
        now = sum(self.changes.items.values())
        withdrawn = before + counts.items["new"] - now
        if self.impact.in_backfill:  # these bring further items when their turn comes
            withdrawn = max(withdrawn, 0)
        if withdrawn < 0:
            raise ContractError("pipeline.items_differ", before=before, new=counts.items["new"], now=now)
        counts.items["withdrawn"] = withdrawn
        counts.files["seen"] = len(self.batch.arrivals)
        for status in resolution.statuses.values():
            counts.files[status] += 1
        return counts

    def _every_record_is_an_item(self) -> None:
        """A check where each hour is of one file: no item is there twice then, or in another hour, and no search of the
        table is needed. Raises ContractError `pipeline.records_differ`.
        """
        expected = {
            (str(file.machine), hour.hour): (hour.records, file)
            for file in self.impact.files
            if self.impact.resolution.in_force[file.sha256]
            for hour in file.hours
            if hour.records
        }
        for key, items in self.changes.items.items():
            records, file = expected.get(key, (0, None))
            if items != records:
                outcome = dict.fromkeys(OUTCOMES, 0) | {"items_new": items}
                name = file.sha256[:12] if file else "-"
                raise ContractError("pipeline.records_differ", file=name, records=records, **outcome)

    def file_row(self, arrival: Arrival) -> dict[str, Any]:
        """The arrival's row of silver.files. Bytes that were known before have nothing to account for again."""
        resolution = self.impact.resolution
        status = resolution.statuses[arrival.id]
        file = resolution.files.get(arrival.sha256)
        known = self.impact.known.get(arrival.sha256)
        latest: DecodedFile | KnownFile | None = file or known
        counts = dict.fromkeys((*ROWS, "rebuilt", *OUTCOMES), 0)
        if file is not None and status != "duplicate":
            counts |= {name: getattr(file, name) for name in (*ROWS, "rebuilt")} | self.outcome(file)
        was_in_force = known is not None and known.in_force and arrival.sha256 not in resolution.superseded
        skew_ms = None
        if file is not None and file.last_at is not None and not file.rebuilt:
            skew_ms = (file.last_at - to_us(arrival.modified_at)) // 1000
        flags = ["hour_in_name"] if file is not None and file.hour_hint_wrong else []
        flags += ["clock"] if skew_ms is not None and skew_ms > AHEAD_MS else []
        flags += ["rebuilt"] if file is not None and file.rebuilt else []
        return counts | {
            "arrival": arrival.id,
            "file_sha256": arrival.sha256,
            "name": arrival.name,
            "machine": latest.machine if latest else None,
            "hour": latest.hour if latest else None,
            "layout": latest.layout if latest else None,
            "size": arrival.size,
            "received_at": to_us(arrival.received_at),
            "status": status,
            "reason": latest.refused if latest else None,
            "in_force": resolution.in_force.get(arrival.sha256, was_in_force),
            "trailer": latest.trailer if latest else "none",
            "flags": ",".join(flags) or None,
            "skew_ms": skew_ms,
        }

    def refused_rows(self) -> Iterator[dict[str, Any]]:
        """The batch's rows of silver.quarantine, without those of large files."""
        files = {row["number"]: row for row in self.quarantining()}
        for row in self.staged.refused:
            if row.number not in files:
                continue  # the same bytes under another name were good
            of_file = files[row.number]
            whole = {"status": "open"} if row.row_no is None else {}
            refused = {"reason": row.reason, "column_name": row.column, "value": row.value, "text": row.text}
            yield of_file | {"row_no": row.row_no} | refused | whole

    def quarantining(self) -> Iterator[dict[str, Any]]:
        """The columns of silver.quarantine that are of the file. Rows of a superseded version are solved."""
        resolution = self.impact.resolution
        arrivals = {arrival.sha256: arrival for arrival in reversed(self.batch.arrivals)}
        for file in resolution.files.values():
            yield {
                "number": file.number,
                "file_sha256": file.sha256,
                "name": arrivals[file.sha256].name,
                "machine": file.machine,
                "status": "open" if resolution.in_force.get(file.sha256, False) else "solved",
                "received_at": to_us(arrivals[file.sha256].received_at),
            }

    def receipt(self, arrival: Arrival) -> dict[str, Any]:
        """The arrival's receipt, without the hash of the one before it."""
        row = self.file_row(arrival)
        file = self.impact.resolution.files.get(arrival.sha256)
        hours = file.hours if file else ()
        restated = [hour.hour for hour in hours if file and (str(file.machine), hour.hour) in self.changes.restated]
        return row | {
            "received_at": iso(arrival.received_at),
            "modified_at": iso(arrival.modified_at),
            "source": arrival.source,
            "batch": self.batch.id,
            "hour": _iso_of_us(row["hour"]),
            "layout_version": file.layout_version if file else None,
            "first_counter": file.first_counter if file else None,
            "last_counter": file.last_counter if file else None,
            "first_at": _iso_of_us(file.first_at) if file else None,
            "last_at": _iso_of_us(file.last_at) if file else None,
            "hour_hint_wrong": file.hour_hint_wrong if file else False,
            "hours_restated": [_iso_of_us(hour) for hour in restated],
        }


def _iso_of_us(us: int | None) -> str | None:
    return None if us is None else iso(from_us(us))
