"""The receiver's answers about a file, accepted only as far as they are clear.

NAME.ok and NAME.rejected have lines of `key,reference` or `key,why`; the key `*` means every key of the file that no
other line names. NAME.totals has one line with the booked `rows,quantity`: if both are those of the keys that were not
refused, all of these were taken. A line counts once it ends: it may still be in the writing.
"""

import csv
import io
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from aponta.config.sections.files import FilesSection
from aponta.contract.stock.key import bounded

ALL = "*"
_LONGEST_NOTE = 300
_ROOM, _ROOM_A_KEY = 100_000, 2_000  # bytes: a longer receipt is not about these keys


@dataclass(frozen=True)
class Receipts:
    """The answers about one file. A key in neither has no answer yet."""

    taken: dict[str, str] = field(default_factory=dict)  # each with the receiver's reference
    refused: dict[str, str] = field(default_factory=dict)  # each with why
    unclear: str = ""  # why no answer is accepted

    @property
    def has_answers(self) -> bool:
        return bool(self.taken or self.refused or self.unclear)


class UnclearReceipt(Exception):
    """Why a receipt is not accepted."""


def read_receipts(folder: Path, stem: str, sent: Mapping[str, Decimal], section: FilesSection) -> Receipts:
    """sent: the file's keys, each with its quantity. Raises OSError where the folder cannot be reached."""
    keys, delimiter = sent.keys(), section.delimiter
    try:
        taken = _read(folder / f"{stem}.ok", keys, delimiter)
        refused = _read(folder / f"{stem}.rejected", keys, delimiter)
        if ALL not in refused and _totals_match(folder / f"{stem}.totals", sent, refused, section):
            taken = {ALL: "", **taken}
        if both := taken.keys() & refused.keys():
            raise UnclearReceipt(f"{min(both)} is in {stem}.ok and in {stem}.rejected")
    except UnclearReceipt as error:
        return Receipts(unclear=str(error))
    for named, others in ((taken, refused), (refused, taken)):
        if ALL in named:
            note = named.pop(ALL)
            named |= {key: note for key in keys if key not in named and key not in others}
    return Receipts(
        {key: bounded(note, _LONGEST_NOTE) or stem for key, note in taken.items()},
        {key: bounded(note, _LONGEST_NOTE) or f"{stem}.rejected" for key, note in refused.items()},
    )


def _read(path: Path, keys: Collection[str], delimiter: str) -> dict[str, str]:
    """Notes by key; empty where there is no receipt."""
    text = plain_text(path, _ROOM + _ROOM_A_KEY * len(keys))
    notes: dict[str, str] = {}
    for number, (key, note) in _lines(path, text, delimiter):
        if key != ALL and key not in keys:
            raise UnclearReceipt(f"{path.name}, line {number}: this key is not in the file: {key[:100]!r}")
        if notes.get(key, note) != note:
            raise UnclearReceipt(f"{path.name}, line {number}: the key stands there twice, with two answers: {key}")
        notes[key] = note
    return notes


def _totals_match(path: Path, sent: Mapping[str, Decimal], refused: Collection[str], section: FilesSection) -> bool:
    """Whether there are totals, and they are those of the keys that were not refused. Raises UnclearReceipt where they
    differ.
    """
    for number, (rows, quantity) in _lines(path, plain_text(path, _ROOM), section.delimiter):
        if rows.lower() == "rows":
            continue
        if not rows.isdecimal() or not section.number.fullmatch(quantity):
            raise UnclearReceipt(f"{path.name}, line {number}: {section.delimiter.join((rows, quantity))[:100]!r}")
        booked = [each for key, each in sent.items() if key not in refused]
        if (int(rows), Decimal(quantity.replace(",", "."))) != (len(booked), sum(booked, Decimal(0))):
            expected = f"{len(booked)} rows, {sum(booked, Decimal(0)):f} in all"
            raise UnclearReceipt(f"{path.name} tells of {rows} rows, {quantity} in all; there are {expected}")
        return True
    return False


def _lines(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, tuple[str, str]]]:
    whole, _, last = text.rpartition("\n")
    if last.strip().startswith(ALL):  # it cannot be the beginning of a longer line
        whole = f"{whole}\n{last}"
    rows = csv.reader(io.StringIO(whole), delimiter=delimiter)
    try:
        for row in rows:
            key, note = row[0].strip() if row else "", " ".join(" ".join(row[1:]).split())
            if key and not (rows.line_num == 1 and key.lower() == "key"):
                yield rows.line_num, (key, note)
    except csv.Error as error:
        raise UnclearReceipt(f"{path.name}, line {rows.line_num}: {error}") from None


def plain_text(path: Path, room: int) -> str:
    """A stranger's text; empty where there is no file. Raises UnclearReceipt where it is no plain file, or too long."""
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return ""
    if not stat.S_ISREG(kind):
        raise UnclearReceipt(f"{path.name} is no plain file")
    try:
        with path.open("rb") as file:
            content = file.read(room + 1)
    except FileNotFoundError:
        return ""
    except PermissionError as error:
        raise UnclearReceipt(f"{path.name}: {os.strerror(error.errno or 0)}") from None
    if len(content) > room:
        raise UnclearReceipt(f"{path.name} is longer than {room} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")  # keys are ASCII; a note may be in this encoding
