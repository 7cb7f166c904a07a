"""What stands beside a file's records: in its name, its headers and its trailers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aponta.contract.decoded import FileReason
from aponta.contract.layout import Layout
from aponta.decode.choose import Choice
from aponta.decode.forms.delimited import split
from aponta.decode.rows.lines import HEADER, KINDS

NO_COUNT = -1  # what a trailer says that says no number


@dataclass(frozen=True)
class Trailer:
    """What a trailer says of the rows above it."""

    row_no: int
    rows: int | None
    sums: Mapping[str, str]  # by field
    checksum: str | None


@dataclass(frozen=True)
class FileHead:
    """A file is cut into sections, each begun by a header or the row after a trailer; 0 is what stands before."""

    machine: str | None  # None: its records tell
    origins: Mapping[int, Mapping[str, str]]  # by section: what is said of its rows, as "header:product"
    names: Mapping[str, int]  # columns by name, where a header row names them
    otherwise: frozenset[int]  # sections whose header row names them otherwise
    said: tuple[Trailer, ...]  # by each trailer
    refused: tuple[FileReason, str] | None  # reason and value: another machine is named, or one nobody knows


def file_head(choice: Choice, layout: Layout, beside: Iterable[tuple[int, int, int, str]]) -> FileHead:
    """What the lines beside a file's records say. beside: their (section, kind, row_no, row), in order."""
    machine = choice.machine
    refused: tuple[FileReason, str] | None = None
    telling = {*layout.fields["machine"].check, layout.fields["machine"].origin}
    names: dict[str, int] = {}
    otherwise: set[int] = set()
    said: list[Trailer] = []
    above = {origin: text for origin, text in choice.groups.items() if text is not None}
    origins: dict[int, dict[str, str]] = {0: dict(above)}
    since_trailer = [0]
    for section, kind, row_no, row in beside:
        found = re.search((layout.lines.header if kind == HEADER else layout.lines.trailer) or "", row)
        groups = {group: text for group, text in (found.groupdict() if found else {}).items() if text is not None}
        spoken = {f"{KINDS[kind]}:{group}": text for group, text in groups.items()}
        if kind == HEADER:
            above |= spoken
            origins[section] = dict(above)
            since_trailer.append(section)
            if layout.column_names:
                cells = split(row, layout.text) or []
                named = {name.strip(): number for number, name in enumerate(cells, start=1)}
                names = names or named
                otherwise |= {section} if named != names else set()
        else:
            for number in since_trailer:
                origins[number] |= spoken
            origins[section + 1] = dict(above)
            since_trailer = [section + 1]
            said.append(_said(row_no, groups))
        stated = groups.get("machine")
        if stated is not None and f"{KINDS[kind]}:machine" in telling:
            machine = machine or stated
            if stated != machine:
                refused = ("wrong_machine", stated)
            elif machine not in choice.known:
                refused = ("unknown_machine", stated)
    return FileHead(machine, origins, names, frozenset(otherwise), tuple(said), refused)


def _said(row_no: int, groups: Mapping[str, str]) -> Trailer:
    rows = groups.get("rows")
    return Trailer(
        row_no,
        None if rows is None else int(rows) if re.fullmatch("[0-9]{1,18}", rows) else NO_COUNT,
        {group.removeprefix("sum_"): text for group, text in groups.items() if group.startswith("sum_")},
        groups.get("checksum"),
    )
