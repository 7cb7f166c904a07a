"""Posts as files, and reads the receiver's answers.

Up to the folder a declaration goes once. Beyond, a file may come again, and the receiver knows by the key that it has
taken the declaration before.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from aponta.config.sections.files import FilesSection
from aponta.contract.stock.key import HOUR_IN_KEY, hour_of_key
from aponta.contract.stock.sink import Declaration, Progress, Rejection, StockDocument
from aponta.errors import TransientError
from aponta.ship.destinations.files import receipts
from aponta.ship.destinations.files.folder import DropFolder, SentFile, file_stem
from aponta.ship.destinations.files.format import FileLine, format_file

_TOTALS = "totals.csv"
_ROOM = 20_000_000  # bytes: some hundred thousand products
_ORDER: tuple[Progress, ...] = ("partial", "waiting", "refused", "cancelled", "done")


@dataclass(frozen=True)
class _SentLine:
    line: FileLine
    document: StockDocument
    file: SentFile | None = None  # None: it is finished


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
        """Dropped declarations without an answer are `waiting`; those that must be dropped again are `partial`."""
        return {key: sent.document for key, sent in self._sent_lines(keys).items()}

    def post(self, declarations: Sequence[Declaration]) -> dict[str, StockDocument]:
        """Writes new declarations into files of their own, one per month of production. Raises Rejection for a key that
        went with another content before, TransientError where the folder cannot be written to: no file is seen in part.
        """
        sent = self._sent_lines([declaration.key for declaration in declarations])
        new: defaultdict[str, list[Declaration]] = defaultdict(list)
        for declaration in declarations:
            known = sent.get(declaration.key)
            if known is None:
                new[f"{declaration.hour.astimezone(UTC):%Y%m}"].append(declaration)
            elif not known.line.matches(declaration):
                raise Rejection(declaration.key, "the key went with another content before")
        files = {
            f"{file_stem(of_month)}.{self.section.format}": format_file(of_month, self.section)
            for of_month in new.values()
        }
        again = [known.file for known in sent.values() if known.file and known.document.progress == "partial"]
        for name, content in sorted(({file.name: file.content for file in again} | files).items()):
            self.drop.drop(name, content)
        return {
            declaration.key: sent[declaration.key].document
            if declaration.key in sent and sent[declaration.key].document.progress != "partial"
            else StockDocument(declaration.quantity, "", "waiting")
            for declaration in declarations
        }

    def list_documents(self, site: str, since: datetime, until: datetime) -> Iterator[tuple[str, StockDocument]]:
        """By the receiver's answers: refused declarations are not there."""
        for month in _months(since, until):
            documents: dict[str, StockDocument] = {}
            for line, progress, note, _ in self.drop.done(month):
                if progress == "done" and since <= line.hour < until:
                    documents[line.key] = _taken(line, note)
            for file in self.drop.sent_files(f"{month}01T00", f"{month}31T23"):
                answers = self._answers(file)
                for line in file.lines:
                    if since <= line.hour < until:
                        documents.setdefault(line.key, answers[line.key])
            for key, document in documents.items():
                if key.startswith(f"{site}:") and document.progress not in ("refused", "partial"):
                    yield key, document

    def on_hand(self) -> list[tuple[str, str, Decimal]]:
        """The receiver's totals.csv; empty where it writes none. Raises TransientError for an unreadable line."""
        path = self.drop.root / _TOTALS
        with self.drop.reached():
            self.drop.root.stat()
            try:
                text = receipts.plain_text(path, _ROOM)
                return list(self._totals(csv.reader(text.splitlines(), delimiter=self.section.delimiter)))
            except (receipts.UnclearReceipt, csv.Error) as error:
                raise TransientError("ship.files_totals", destination=self.name, why=str(error)) from error

    def closed_until(self) -> date | None:
        """Files report no periods."""
        return None

    def _totals(self, rows: Iterable[list[str]]) -> Iterator[tuple[str, str, Decimal]]:
        for number, row in enumerate(rows, start=1):
            if not row or (number == 1 and row[0].strip().lower() == "product"):
                continue
            if len(row) != 3 or not self.section.number.fullmatch(row[2].strip()):
                line = self.section.delimiter.join(row)[:100]
                raise receipts.UnclearReceipt(f"{_TOTALS}, line {number}: {line!r}")
            yield row[0], row[1], Decimal(row[2].strip().replace(",", "."))

    def _sent_lines(self, keys: Sequence[str]) -> dict[str, _SentLine]:
        """The lines of these keys that were sent before. Finishes the files on the way that are answered in full."""
        wanted = {*keys}
        found: dict[str, _SentLine] = {}
        hours = {key: f"{hour:{HOUR_IN_KEY}}" if (hour := hour_of_key(key)) else "" for key in wanted}
        span = ["0", "9"] if "" in hours.values() else sorted(hours.values())  # without an hour: a key that was cut
        for file in self.drop.sent_files(span[0], span[-1]) if wanted else ():
            answers = self._answers(file)
            for line in file.lines:
                if line.key in wanted:
                    _add(found, _SentLine(line, answers[line.key], file))
            waiting = (answer.why for answer in answers.values() if answer.progress == "waiting")
            self.drop.write_unclear(file, next(waiting, ""))
            if all(answer.progress in ("done", "refused") for answer in answers.values()):
                self.drop.finish(file, answers)
        missing = {key for key in wanted if key not in found or found[key].document.progress != "done"}
        months = {hours[key][:6] for key in missing}
        for month in self.drop.months() if "" in months else months:
            for line, progress, note, _ in self.drop.done(month, missing):
                if progress == "done":  # a refused one may go again, once its cause is fixed
                    _add(found, _SentLine(line, _taken(line, note)))
        return found

    def _answers(self, file: SentFile) -> dict[str, StockDocument]:
        """The answer for every key of the file."""
        quantities = {line.key: line.quantity for line in file.lines}
        with self.drop.reached():
            read = receipts.read_receipts(self.drop.root, file.stem, quantities, self.section)
        progress: Progress = "partial" if file.lost and not read.has_answers else "waiting"
        answers = {}
        for line in file.lines:
            if line.key in read.refused:
                answers[line.key] = StockDocument(line.quantity, file.stem, "refused", read.refused[line.key])
            elif line.key in read.taken:
                answers[line.key] = _taken(line, read.taken[line.key])
            else:
                answers[line.key] = StockDocument(line.quantity, file.stem, progress, read.unclear)
        return answers


def _taken(line: FileLine, reference: str) -> StockDocument:
    return StockDocument(line.quantity, reference, stock_code=line.product, location=line.location)


def _add(found: dict[str, _SentLine], sent: _SentLine) -> None:
    """A key in two files counts with the line of the most progress."""
    before = found.get(sent.line.key)
    if before is None or _ORDER.index(before.document.progress) < _ORDER.index(sent.document.progress):
        found[sent.line.key] = sent


def _months(since: datetime, until: datetime) -> Iterator[str]:
    """Months of UTC, as in 202603."""
    first, last = since.astimezone(UTC), until.astimezone(UTC)
    year, month = first.year, first.month
    while datetime(year, month, 1, tzinfo=UTC) < last:
        yield f"{year}{month:02}"
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
