"""The folder that both sides see. A file is there whole or not at all; what is settled is put away by month.

NAME.csv          dropped for the receiver, who reads it, and moves it to taken/ or deletes it
NAME.ok           the receiver's answer; and NAME.rejected, NAME.totals
NAME.unclear      ours: why an answer is not believed
sent/NAME.csv     our copy, of the time of the last drop: which keys NAME holds, whatever the receiver does with it
done/2026-03/     by month of production: files and answers, once every line is answered
  index.csv       a line a declaration; all that has to be kept, and read a month at a time
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
from aponta.contract.stock.sink import Declaration, StockDocument
from aponta.errors import ConfigError, TransientError
from aponta.ops.disk import remove_drafts, write_whole
from aponta.ship.destinations.files.format import HOUR_FORMAT, FileLine, parse_file

DROP_AGAIN_AFTER_S = 900  # a file that is gone and not answered is dropped again: the receiver may have lost it
_KILLED_S = 3_600  # a draft so old is nobody's any more
HOUR_OF_NAME = "%Y%m%dT%H"
_NAME = re.compile(r"\d{8}T\d\d-\d{8}T\d\d-[0-9a-f]{16}\.(csv|xml)")
_INDEX = ("key", "product", "location", "quantity", "unit", "hour", "progress", "note", "file")


@dataclass(frozen=True)
class SentFile:
    """A file that was sent and is not settled."""

    name: str  # with its ending
    lines: Sequence[FileLine]
    content: bytes
    lost: bool  # gone since long, or never dropped

    @property
    def stem(self) -> str:
        return self.name.rpartition(".")[0]


def file_stem(said: Sequence[Declaration]) -> str:
    """Of these very keys, whatever their order; before it the first and the last hour, which say where a key is not."""
    keys = "\n".join(sorted(one.key for one in said))
    hours = sorted(one.hour.astimezone(UTC) for one in said)
    return f"{hours[0]:{HOUR_OF_NAME}}-{hours[-1]:{HOUR_OF_NAME}}-{sha256(keys.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class DropFolder:
    """Raises TransientError `ship.unreachable` where the folder is away, full or not to be written to."""

    root: Path
    destination: str
    clock: Clock

    def check(self) -> None:
        """Raises ConfigError where the folder is not the one that was set up: a share that is not mounted is empty."""
        with self.reached():
            self.root.stat()
            if not (self.root / "sent").is_dir():
                raise ConfigError("ship.files_no_sent", destination=self.destination, folder=self.root)
            write_whole(self.root / "sent" / ".check", b"", lasting=False)
            for folder in (self.root, self.root / "sent"):
                remove_drafts(folder, _KILLED_S)

    def drop(self, name: str, content: bytes) -> None:
        """Our copy first: whoever is killed between leaves one that is known not to be dropped yet."""
        with self.reached():
            copy = self.root / "sent" / name
            copy.parent.stat()  # of a share that went away, nothing is made on the disk beneath it
            write_whole(copy, content)
            os.utime(copy, (0, 0))
            for answer in self._answers(name):  # to an earlier file of these keys
                self._put_away(answer, name)
            write_whole(self.root / name, content)
            now = self.clock().timestamp()
            os.utime(copy, (now, now))

    def batches(self, first: str = "0", last: str = "9") -> Iterator[SentFile]:
        """Those that are not settled and may hold hours from `first` to `last`, as in 20260302T10; one at a time."""
        with self.reached():
            names = sorted(one.name for one in (self.root / "sent").iterdir() if _NAME.fullmatch(one.name))
        for name in names:
            if name[:11] > last or name[12:23] < first:
                continue
            with self.reached(), suppress(FileNotFoundError):  # another one settled it just now
                copy = self.root / "sent" / name
                content, dropped = copy.read_bytes(), copy.stat().st_mtime
                there = any((folder / name).exists() for folder in (self.root, self.root / "taken"))
                gone = not there and self.clock().timestamp() - dropped > DROP_AGAIN_AFTER_S
                with suppress(ValueError):  # no file of ours
                    yield SentFile(name, parse_file(content), content, gone)

    def settle(self, batch: SentFile, answers: dict[str, StockDocument]) -> None:
        """Every line is answered: noted in the index, then put away, our copy last."""
        rows = StringIO(newline="")
        writer = csv.writer(rows, lineterminator="\n")
        for one in batch.lines:
            answer = answers[one.key]
            said = (one.key, one.product, one.location, f"{one.quantity:f}", one.unit, one.hour.strftime(HOUR_FORMAT))
            writer.writerow((*said, answer.progress, answer.why or answer.reference, batch.name))
        with self.reached():
            folder = self._month(batch.name)
            folder.mkdir(parents=True, exist_ok=True)
            _append(folder / "index.csv", rows.getvalue().encode())
            for answer_file in self._answers(batch.name):
                self._put_away(answer_file, batch.name)
            with suppress(FileNotFoundError):
                (self.root / batch.name).unlink()
            self._put_away(self.root / "sent" / batch.name, batch.name)

    def done(self, month: str, keys: Collection[str] | None = None) -> Iterator[tuple[FileLine, str, str, str]]:
        """(line, progress, note, file) of what was settled in a month, as in 202603; of these keys, or all."""
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
                        with suppress(ValueError, ArithmeticError):  # of a line that a power cut tore
                            yield FileLine.of(named), named["progress"], named["note"], named["file"]

    def months(self) -> list[str]:
        """Every month of which something is settled, as in 202603."""
        with self.reached():
            try:
                return sorted(one.name.replace("-", "") for one in (self.root / "done").iterdir())
            except FileNotFoundError:
                return []

    def unclear(self, batch: SentFile, why: str) -> None:
        """Tells the receiver's people, where they look, why an answer is not believed; no word: it is now."""
        with self.reached():
            path = self.root / f"{batch.stem}.unclear"
            told = path.read_text(encoding="utf-8") if path.is_file() else ""
            if why and told != f"{why}\n":
                write_whole(path, f"{why}\n".encode(), lasting=False)
            elif told and not why:
                path.unlink(missing_ok=True)

    @contextmanager
    def reached(self) -> Iterator[None]:
        """What the system has against the folder becomes ours."""
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
        with suppress(FileNotFoundError):  # there is none; or another one was faster
            path.replace(folder / path.name)


def _append(path: Path, content: bytes) -> None:
    with path.open("a+b") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # what a power cut tore stays a line of its own
                content = b"\n" + content
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
