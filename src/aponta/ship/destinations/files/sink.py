"""Posts as files, and reads what the receiver answers.

Up to the folder it is once; beyond, a file may come again, and the receiver knows by the key what it has taken before.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from aponta.config.sections.files import FilesSection
from aponta.contract.stock.sink import Declaration, Progress, Rejection, StockDocument
from aponta.errors import TransientError
from aponta.ship.destinations.files import receipts
from aponta.ship.destinations.files.folder import DropFolder, SentFile, file_stem
from aponta.ship.destinations.files.format import FileLine, format_file

_HOUR_OF_KEY = re.compile(r":(\d{8}T\d\d):")
_TOTALS = "totals.csv"
_ROOM = 20_000_000  # bytes: some hundred thousand products
_ORDER: tuple[Progress, ...] = ("partial", "waiting", "refused", "cancelled", "done")


@dataclass(frozen=True)
class _There:
    line: FileLine
    posted: StockDocument
    batch: SentFile | None = None  # None: it is settled


@dataclass(frozen=True)
class FilesSink:
    """A `Sink`."""

    name: str
    drop: DropFolder
    section: FilesSection

    def check(self) -> None:
        """Raises ConfigError where the folder is not the one that was set up."""
        self.drop.check()

    def look_up(self, keys: Sequence[str]) -> dict[str, StockDocument]:
        """What was dropped and has no answer yet is `waiting`; what has to be dropped again is `partial`."""
        return {key: one.posted for key, one in self._there(keys).items()}

    def post(self, declarations: Sequence[Declaration]) -> dict[str, StockDocument]:
        """What is new goes into files of its own, one a month of production. Raises Rejection for a key that went with
        another content before, TransientError where the folder cannot be written to: nothing is seen in part.
        """
        there = self._there([one.key for one in declarations])
        for one in declarations:
            if one.key in there and not there[one.key].line.same(one):
                raise Rejection(one.key, "the key went with another content before")
        new: defaultdict[str, list[Declaration]] = defaultdict(list)
        for one in declarations:
            if one.key not in there:
                new[f"{one.hour.astimezone(UTC):%Y%m}"].append(one)
        files = {f"{file_stem(of)}.{self.section.format}": format_file(of, self.section) for of in new.values()}
        lost = [one.batch for one in there.values() if one.batch and one.posted.progress == "partial"]
        for name, content in sorted(({one.name: one.content for one in lost} | files).items()):
            self.drop.drop(name, content)
        return {
            one.key: there[one.key].posted
            if one.key in there and there[one.key].posted.progress != "partial"
            else _waiting(one.quantity, "")
            for one in declarations
        }

    def list_documents(self, site: str, since: datetime, until: datetime) -> Iterator[tuple[str, StockDocument]]:
        """By the answers: what was refused is not there."""
        for month in _months(since, until):
            told: dict[str, StockDocument] = {}
            for line, progress, note, _ in self.drop.done(month):
                if progress == "done" and since <= line.hour < until:
                    told[line.key] = _posted(line, note)
            for batch in self.drop.batches(f"{month}01T00", f"{month}31T23"):
                answers = self._answers(batch)
                for line in batch.lines:
                    if since <= line.hour < until:
                        told.setdefault(line.key, answers[line.key])
            for key, posted in told.items():
                if key.startswith(f"{site}:") and posted.progress not in ("refused", "partial"):
                    yield key, posted

    def on_hand(self) -> list[tuple[str, str, Decimal]]:
        """As the receiver's totals.csv says; nothing where it writes none. Raises TransientError for a line in it that
        cannot be read.
        """
        path = self.drop.root / _TOTALS
        with self.drop.reached():
            self.drop.root.stat()
            try:
                text = receipts.plain_text(path, _ROOM)
                return list(self._totals(csv.reader(text.splitlines(), delimiter=self.section.delimiter)))
            except (receipts.UnclearReceipt, csv.Error) as error:
                raise TransientError("ship.files_totals", destination=self.name, why=str(error)) from error

    def closed_until(self) -> date | None:
        """Files say nothing of periods."""
        return None

    def _totals(self, rows: Iterable[list[str]]) -> Iterator[tuple[str, str, Decimal]]:
        for at, row in enumerate(rows, start=1):
            if not row or (at == 1 and row[0].strip().lower() == "product"):
                continue
            if len(row) != 3 or not self.section.number.fullmatch(row[2].strip()):
                said = self.section.delimiter.join(row)[:100]
                raise receipts.UnclearReceipt(f"{_TOTALS}, line {at}: {said!r}")
            yield row[0], row[1], Decimal(row[2].strip().replace(",", "."))

    def _there(self, keys: Sequence[str]) -> dict[str, _There]:
        """What is known of these; what is answered in full on the way is settled."""
        wanted = {*keys}
        found: dict[str, _There] = {}
        hours = {key: told[-1] if (told := _HOUR_OF_KEY.findall(key)) else "" for key in wanted}
        span = ["0", "9"] if "" in hours.values() else sorted(hours.values())  # the former: a key cut for its length
        for batch in self.drop.batches(span[0], span[-1]) if wanted else ():
            answers = self._answers(batch)
            for line in batch.lines:
                if line.key in wanted:
                    _add(found, _There(line, answers[line.key], batch))
            self.drop.unclear(batch, next((one.why for one in answers.values() if one.progress == "waiting"), ""))
            if all(one.progress in ("done", "refused") for one in answers.values()):
                self.drop.settle(batch, answers)
        asked = {key for key in wanted if key not in found or found[key].posted.progress != "done"}
        months = {hours[key][:6] for key in asked}
        for month in self.drop.months() if "" in months else months:
            for line, progress, note, _ in self.drop.done(month, asked):
                if progress == "done":  # what was refused may go again, once its cause is mended
                    _add(found, _There(line, _posted(line, note)))
        return found

    def _answers(self, batch: SentFile) -> dict[str, StockDocument]:
        """Of every key of the file."""
        said = {line.key: line.quantity for line in batch.lines}
        with self.drop.reached():
            told = receipts.read_receipts(self.drop.root, batch.stem, said, self.section)
        progress: Progress = "partial" if batch.lost and not told.begun else "waiting"
        answers = {}
        for line in batch.lines:
            if line.key in told.refused:
                answers[line.key] = StockDocument(line.quantity, batch.stem, "refused", told.refused[line.key])
            elif line.key in told.taken:
                answers[line.key] = _posted(line, told.taken[line.key])
            else:
                answers[line.key] = StockDocument(line.quantity, batch.stem, progress, told.unclear)
        return answers


def _posted(line: FileLine, reference: str) -> StockDocument:
    return StockDocument(line.quantity, reference, stock_code=line.product, location=line.location)


def _waiting(quantity: Decimal, reference: str) -> StockDocument:
    return StockDocument(quantity, reference, "waiting")


def _add(found: dict[str, _There], one: _There) -> None:
    """Of a key that went in two files, what is furthest."""
    before = found.get(one.line.key)
    if before is None or _ORDER.index(before.posted.progress) < _ORDER.index(one.posted.progress):
        found[one.line.key] = one


def _months(since: datetime, until: datetime) -> Iterator[str]:
    """Of UTC, as in 202603."""
    at, last = since.astimezone(UTC), until.astimezone(UTC)
    year, month = at.year, at.month
    while datetime(year, month, 1, tzinfo=UTC) < last:
        yield f"{year}{month:02}"
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
