"""The folder that both sides see. A file is there whole or not at all; finished files are put away by month.

NAME.csv          dropped for the receiver, who reads it, and moves it to taken/ or deletes it
NAME.ok           the receiver's answer; and NAME.rejected, NAME.totals
NAME.unclear      written by aponta: why an answer is not accepted
sent/NAME.csv     aponta's copy, with the time of the last drop: the keys in NAME, whatever the receiver does with it
done/2026-03/     by month of production: files and answers, once every line is answered
  index.csv       a line per declaration; the only file that must stay, read a month at a time
"""

import csv
import os
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from io import StringIO
from pathlib import Path

from aponta.contract.clock import Clock
from aponta.contract.stock.key import HOUR_IN_KEY
from aponta.contract.stock.sink import Declaration, StockDocument
from aponta.errors import ConfigError, TransientError
from aponta.ops.disk import remove_drafts, write_whole
from aponta.ship.destinations.files.format import HOUR_FORMAT, FileLine, parse_file

DROP_AGAIN_AFTER_S = 900  # a file that is gone without an answer is dropped again: the receiver may have lost it
_KILLED_S = 3_600  # an unfinished file so old is abandoned
_NAME = re.compile(r"\d{8}T\d\d-\d{8}T\d\d-[0-9a-f]{16}\.(csv|xml)")
_INDEX = ("key", "product", "location", "quantity", "unit", "hour", "progress", "note", "file")


@dataclass(frozen=True)
class SentFile:
    """A file that was sent and is not answered in full."""

    name: str  # with its ending
    lines: Sequence[FileLine]
    content: bytes
    lost: bool  # gone for long, or never dropped

    @property
    def stem(self) -> str:
        return self.name.rpartition(".")[0]


def file_stem(declarations: Sequence[Declaration]) -> str:
    """The name of a file of these declarations, in any order: first hour, last hour, hash of the keys. The hours show
    which files cannot hold a key.
    """
    keys = "\n".join(sorted(declaration.key for declaration in declarations))
    hours = sorted(declaration.hour.astimezone(UTC) for declaration in declarations)
    return f"{hours[0]:{HOUR_IN_KEY}}-{hours[-1]:{HOUR_IN_KEY}}-{sha256(keys.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class DropFolder:
    """Every method raises TransientError `ship.unreachable` where the folder is away, full or read-only."""

    root: Path
    destination: str
    clock: Clock

    def check(self) -> None:
        """Raises ConfigError where the folder is not the one that was set up: an unmounted share is empty."""
        with self.reached():
            self.root.stat()
            if not (self.root / "sent").is_dir():
                raise ConfigError("ship.files_no_sent", destination=self.destination, folder=self.root)
            write_whole(self.root / "sent" / ".check", b"", lasting=False)
            for folder in (self.root, self.root / "sent"):
                remove_drafts(folder, _KILLED_S)

    def drop(self, name: str, content: bytes) -> None:
        """Writes the copy first, with time 0: after a kill it is known not to be dropped yet."""
        with self.reached():
            copy = self.root / "sent" / name
            copy.parent.stat()  # on the disk beneath an unmounted share nothing is made
            write_whole(copy, content)
            os.utime(copy, (0, 0))
            for answer in self._answers(name):  # to an earlier file of these keys
                self._put_away(answer, name)
            write_whole(self.root / name, content)
            now = self.clock().timestamp()
            os.utime(copy, (now, now))

    def sent_files(self, first: str = "0", last: str = "9") -> Iterator[SentFile]:
        """Files without a full answer that may have hours from `first` to `last`, as in 20260302T10; one at a time."""
        with self.reached():
            names = sorted(path.name for path in (self.root / "sent").iterdir() if _NAME.fullmatch(path.name))
        for name in names:
            if name[:11] > last or name[12:23] < first:
                continue
            with self.reached(), suppress(FileNotFoundError):  # another process finished it just now
                copy = self.root / "sent" / name
                content, dropped = copy.read_bytes(), copy.stat().st_mtime
                present = any((folder / name).exists() for folder in (self.root, self.root / "taken"))
                gone = not present and self.clock().timestamp() - dropped > DROP_AGAIN_AFTER_S
                with suppress(ValueError):  # a file that aponta did not write
                    yield SentFile(name, parse_file(content), content, gone)

    def finish(self, file: SentFile, answers: dict[str, StockDocument]) -> None:
        """Writes the answers of every line into the index, then puts the file away, the copy last."""
        rows = StringIO(newline="")
        writer = csv.writer(rows, lineterminator="\n")
        for line in file.lines:
            answer, hour = answers[line.key], line.hour.strftime(HOUR_FORMAT)
            content = (line.key, line.product, line.location, f"{line.quantity:f}", line.unit, hour)
            writer.writerow((*content, answer.progress, answer.why or answer.reference, file.name))
        with self.reached():
            folder = self._month(file.name)
            folder.mkdir(parents=True, exist_ok=True)
            _append(folder / "index.csv", rows.getvalue().encode())
            for answer_file in self._answers(file.name):
                self._put_away(answer_file, file.name)
            with suppress(FileNotFoundError):
                (self.root / file.name).unlink()
            self._put_away(self.root / "sent" / file.name, file.name)

    def done(self, month: str, keys: Collection[str] | None = None) -> Iterator[tuple[FileLine, str, str, str]]:
        """(line, progress, note, file) of the finished lines of a month, as in 202603; only these keys, if given."""
        with self.reached():
            try:
                index = (self.root / "done" / f"{month[:4]}-{month[4:]}" / "index.csv").open(
                    encoding="utf-8", errors="replace", newline=""
                )
            except FileNotFoundError:
                return
            with index:
                for row in csv.reader(index):
                    if len(row) == len(_INDEX) and (keys is None or row[0] in keys):
                        named = dict(zip(_INDEX, row, strict=True))
                        with suppress(ValueError, ArithmeticError):  # a line that a power cut tore
                            yield FileLine.of(named), named["progress"], named["note"], named["file"]

    def months(self) -> list[str]:
        """Every month with a finished file, as in 202603."""
        with self.reached():
            try:
                return sorted(path.name.replace("-", "") for path in (self.root / "done").iterdir())
            except FileNotFoundError:
                return []

    def write_unclear(self, file: SentFile, why: str) -> None:
        """Writes why an answer is not accepted where the receiver's people look. Empty: it is accepted now."""
        with self.reached():
            path = self.root / f"{file.stem}.unclear"
            before = path.read_text(encoding="utf-8") if path.is_file() else ""
            if why and before != f"{why}\n":
                write_whole(path, f"{why}\n".encode(), lasting=False)
            elif before and not why:
                path.unlink(missing_ok=True)

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Turns the operating system's errors into TransientError."""
        try:
            yield
        except OSError as error:
            raise self._unreachable(error.strerror or str(error)) from error
        except TransientError as error:
            if error.code.startswith("ops."):
                raise self._unreachable(str(error.facts.get("reason", "disk full"))) from error
            raise

    def _unreachable(self, why: str) -> TransientError:
        return TransientError("ship.unreachable", destination=self.destination, place=self.root, why=why)

    def _answers(self, name: str) -> list[Path]:
        stem = name.rpartition(".")[0]
        return [self.root / f"{stem}.{ending}" for ending in ("ok", "rejected", "totals", "unclear")]

    def _month(self, name: str) -> Path:
        return self.root / "done" / f"{name[:4]}-{name[4:6]}"

    def _put_away(self, path: Path, name: str) -> None:
        folder = self._month(name)
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # there is none, or another process was faster
            path.replace(folder / path.name)


def _append(path: Path, content: bytes) -> None:
    with path.open("a+b") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # a line that a power cut tore stays by itself
                content = b"\n" + content
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
