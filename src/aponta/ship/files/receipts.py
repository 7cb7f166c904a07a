"""What the receiver wrote about a file, NAME.ok and NAME.rejected: who took it is believed only as far as it is clear.

A line is `key,reference` or `key,why`; `*` for the key means every key of the file that no other line names. The last
line counts once it has its end: it may be in the writing.
"""

import csv
import io
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aponta.ship.key import bounded

ALL = "*"
_LONGEST_NOTE = 300
_ROOM, _ROOM_A_KEY = 100_000, 2_000  # bytes: what is longer was not written about these keys


@dataclass(frozen=True)
class Receipts:
    """Of one file. A key that is in neither has no answer yet."""

    taken: dict[str, str] = field(default_factory=dict)  # each with the receiver's reference
    refused: dict[str, str] = field(default_factory=dict)  # each with why
    unclear: str = ""  # why nothing of it is believed

    @property
    def begun(self) -> bool:
        return bool(self.taken or self.refused or self.unclear)


class Unclear(Exception):
    """A receipt that cannot be believed, and why."""


def read(folder: Path, stem: str, keys: Collection[str], delimiter: str) -> Receipts:
    """Raises OSError where the folder cannot be reached."""
    try:
        taken = _read(folder / f"{stem}.ok", keys, delimiter)
        refused = _read(folder / f"{stem}.rejected", keys, delimiter)
        if both := taken.keys() & refused.keys():
            raise Unclear(f"{min(both)} is in {stem}.ok and in {stem}.rejected")
    except Unclear as error:
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
    """Notes by key. Nothing where there is no such receipt."""
    text = _text(path, _ROOM + _ROOM_A_KEY * len(keys))
    notes: dict[str, str] = {}
    for number, (key, note) in _lines(path, text, delimiter):
        if key != ALL and key not in keys:
            raise Unclear(f"{path.name}, line {number}: this key is not in the file: {key[:100]!r}")
        if notes.get(key, note) != note:
            raise Unclear(f"{path.name}, line {number}: the key stands there twice, with two answers: {key}")
        notes[key] = note
    return notes


def _lines(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, tuple[str, str]]]:
    whole, _, last = text.rpartition("\n")
    if last.strip().startswith(ALL):  # it can be the beginning of nothing else
        whole = f"{whole}\n{last}"
    rows = csv.reader(io.StringIO(whole), delimiter=delimiter)
    try:
        for row in rows:
            key, note = row[0].strip() if row else "", " ".join(" ".join(row[1:]).split())
            if key and not (rows.line_num == 1 and key.lower() == "key"):
                yield rows.line_num, (key, note)
    except csv.Error as error:
        raise Unclear(f"{path.name}, line {rows.line_num}: {error}") from None


def _text(path: Path, room: int) -> str:
    """A plain file of a size that can be; anything else of that name is no receipt."""
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return ""
    if not stat.S_ISREG(kind):
        raise Unclear(f"{path.name} is no plain file")
    try:
        with path.open("rb") as file:
            content = file.read(room + 1)
    except FileNotFoundError:
        return ""
    except PermissionError as error:
        raise Unclear(f"{path.name}: {os.strerror(error.errno or 0)}") from None
    if len(content) > room:
        raise Unclear(f"{path.name} is longer than {room} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")  # keys are plain; who says why may write it so
