"""Facts beside a file's records: in its name, its headers and its trailers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aponta.contract.decoded import FileReason
from aponta.contract.layout import Layout
from aponta.decode.choose import Choice
from aponta.decode.forms.delimited import split
from aponta.decode.rows.lines import HEADER, KINDS

NO_COUNT = -1  # of a trailer whose group `rows` is no number


@dataclass(frozen=True)
class Trailer:
    """The declarations of a trailer about the rows above it."""

    row_no: int
    rows: int | None
    sums: Mapping[str, str]  # by field
    checksum: str | None


@dataclass(frozen=True)
class FileHead:
    """A file is cut into sections, each begun by a header or the row after a trailer; 0 is before the first of them."""

    machine: str | None  # None: its records name it
    origins: Mapping[int, Mapping[str, str]]  # by section: texts for all its rows, as "header:product"
    names: Mapping[str, int]  # numbers of the columns by name, where a header row names them
    otherwise: frozenset[int]  # sections whose header row names other columns
    trailers: tuple[Trailer, ...]
    refused: tuple[FileReason, str] | None  # reason and value: another machine is named, or an unknown one


def file_head(choice: Choice, layout: Layout, lines: Iterable[tuple[int, int, int, str]]) -> FileHead:
    """lines: (section, kind, row_no, row) of the file's headers and trailers, in order."""
    machine = choice.machine
    refused: tuple[FileReason, str] | None = None
    machine_origins = {*layout.fields["machine"].check, layout.fields["machine"].origin}
    names: dict[str, int] = {}
    otherwise: set[int] = set()
    trailers: list[Trailer] = []
    above = {origin: text for origin, text in choice.groups.items() if text is not None}
    origins: dict[int, dict[str, str]] = {0: dict(above)}
    since_trailer = [0]
    for section, kind, row_no, row in lines:
        match = re.search((layout.lines.header if kind == HEADER else layout.lines.trailer) or "", row)
        groups = {group: text for group, text in (match.groupdict() if match else {}).items() if text is not None}
        texts = {f"{KINDS[kind]}:{group}": text for group, text in groups.items()}
        if kind == HEADER:
            above |= texts
            origins[section] = dict(above)
            since_trailer.append(section)
            if layout.column_names:
                cells = split(row, layout.text) or []
                names_here = {name.strip(): number for number, name in enumerate(cells, start=1)}
                names = names or names_here
                otherwise |= {section} if names_here != names else set()
        else:
            for number in since_trailer:
                origins[number] |= texts
            origins[section + 1] = dict(above)
            since_trailer = [section + 1]
            trailers.append(_trailer(row_no, groups))
        named = groups.get("machine")
        if named is not None and f"{KINDS[kind]}:machine" in machine_origins:
            machine = machine or named
            if named != machine:
                refused = ("wrong_machine", named)
            elif machine not in choice.machines:
                refused = ("unknown_machine", named)
    return FileHead(machine, origins, names, frozenset(otherwise), tuple(trailers), refused)


def _trailer(row_no: int, groups: Mapping[str, str]) -> Trailer:
    rows = groups.get("rows")
    return Trailer(
        row_no,
        None if rows is None else int(rows) if re.fullmatch("[0-9]{1,18}", rows) else NO_COUNT,
        {group.removeprefix("sum_"): text for group, text in groups.items() if group.startswith("sum_")},
        groups.get("checksum"),
    )
