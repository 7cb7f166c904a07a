"""The machine of a file: from a column, its name, its header or its folder."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aponta.decode.sniff.columns.stamp import place_phrase
from aponta.decode.sniff.guess import Guess
from aponta.decode.sniff.names.name import FOLDER, NameParts, pattern_of
from aponta.decode.sniff.text.lines import escaped
from aponta.decode.sniff.text.rows import SampleRows
from aponta.decode.sniff.text.table import SampleColumn, SampleTable
from aponta.decode.sniff.values.vocabulary import MACHINE, means
from aponta.errors import ContractError
from aponta.words import Phrase

KEY = "fields.machine"
DAY = re.compile(r"\d{4}-?\d\d-?\d\d|\d{6}")
UNNAMED = "M01"
MOST_MACHINES = 1000
MOST = 0.9  # of a file's rows that are of its machine


@dataclass(frozen=True)
class MachineField:
    """field: as in the layout. machines: all machines of the samples. column: the column with the machine."""

    field: dict[str, Any]
    guesses: tuple[Guess, ...]
    machines: tuple[str, ...]
    column: SampleColumn | None


def machine_column(table: SampleTable, names: Sequence[str]) -> SampleColumn | None:
    """A column called so; or one with the same text all through most files, which is in their names too."""
    for column in table.columns:
        if means(column.name, MACHINE) and 0 < len(set(column.filled)) <= MOST_MACHINES:
            return column
    for column in table.columns:
        if column.filled and sum(_in_name(column, table, n, name) for n, name in enumerate(names)) > len(names) / 2:
            return column
    return None


def _in_name(column: SampleColumn, table: SampleTable, number: int, name: str) -> bool:
    """The text in nearly all rows of the sample is a part of its name."""
    seen = Counter(column.cells[table.part(number)])
    value, count = seen.most_common(1)[0] if seen else ("", 0)
    code = len(value) > 1 and not value.isdigit() and count >= MOST * seen.total()
    return code and value.casefold() in name.casefold()


def machine_of(
    table: SampleTable,
    samples: Sequence[SampleRows],
    names: Sequence[NameParts],
    headers: Mapping[str, list[str]],
    column: SampleColumn | None,
) -> MachineField:
    """The best origin of the machine: a column, the name, the header, the folder; without any, a fixed code.

    headers: texts of the header's groups. column: `machine_column`. Raises ContractError `decode.many_machines`.
    """
    by_name = [parts.machine_text for parts in names]
    named = tuple(dict.fromkeys(text for text in by_name if text))
    headed = headers.get("machine", [])
    header_check = ["header:machine"] if headed else []
    if column is not None:
        _check_one_machine_a_file(table, samples, column)
        checks = [*(["name:machine"] if all(by_name) else []), *header_check]
        return _of_column(column, checks, one_machine_each=all(by_name))
    if all(by_name):
        field = {"from": "name:machine", **({"check": header_check} if headed else {})}
        evidence = Phrase("decode.sniff.machine_name", {"values": ", ".join(named[:3])})
        return MachineField(field, (Guess(KEY, field, "medium", (evidence,)),), named, None)
    if headed:
        machines = tuple(sorted(set(headed)))
        field = {"from": "header:machine"}
        evidence = Phrase("decode.sniff.machine_header", {"values": ", ".join(machines[:3])})
        return MachineField(field, (Guess(KEY, field, "high", (evidence,)),), machines, None)
    return _of_folders([rows.sample.folder for rows in samples]) or _unnamed()


def _of_column(column: SampleColumn, checks: list[str], one_machine_each: bool) -> MachineField:
    """checks: origins that must have the same machine. one_machine_each: all names have a machine."""
    machines = tuple(dict.fromkeys(column.filled))[:MOST_MACHINES]
    field: dict[str, Any]
    if len(machines) == 1 or one_machine_each:
        field = {**column.place, **({"check": checks} if checks else {})}
        facts = {"place": place_phrase(column), "values": ", ".join(machines[:3])}
        guess = Guess(KEY, field, "high" if checks else "medium", (Phrase("decode.sniff.machine_column", facts),))
    else:
        field = dict(column.place)
        facts = {"place": place_phrase(column), "count": len(machines)}
        guess = Guess(KEY, field, "high", (Phrase("decode.sniff.machines_column", facts),))
    return MachineField(field, (guess,), machines, column)


def _unnamed() -> MachineField:
    field = {"value": UNNAMED}
    evidence = Phrase("decode.sniff.machine_unnamed", {"value": UNNAMED})
    return MachineField(field, (Guess(KEY, field, "low", (evidence,)),), (UNNAMED,), None)


def _check_one_machine_a_file(table: SampleTable, samples: Sequence[SampleRows], column: SampleColumn) -> None:
    """A few rows may be of another machine: they are quarantined. Raises ContractError `decode.many_machines`."""
    for number, rows in enumerate(samples):
        seen = Counter(cell for cell in column.cells[table.part(number)] if cell)
        if seen and seen.most_common(1)[0][1] < MOST * seen.total():
            facts = {"file": rows.sample.name, "place": place_phrase(column), "count": len(seen)}
            raise ContractError("decode.many_machines", **facts)


def _of_folders(folders: Sequence[str]) -> MachineField | None:
    """folders: of each sample, the one it is in and the one above. None: neither looks like a machine's."""
    parts = [folder.split("/") for folder in folders]
    for depth in (1, 2):
        below_is_a_day = depth == 1 or all(DAY.fullmatch(part[-1]) for part in parts)
        if below_is_a_day and all(len(part) >= depth and FOLDER.fullmatch(part[-depth]) for part in parts):
            return _of_folder([part[-depth] for part in parts], "/[^/]+" if depth == 2 else "")
    return None


def _of_folder(folders: Sequence[str], below: str) -> MachineField:
    """below: the pattern of the folders in them."""
    alike = pattern_of([NameParts(folder, (0, len(folder)), None, {}) for folder in folders]) or ""
    code = alike.partition(">")[2].partition(")")[0] or escaped(folders[0])
    path = rf"(^|/)(?P<machine>{code}){below}$"
    field = {"from": "path:machine"}
    machines = tuple(sorted(set(folders)))
    evidence = Phrase("decode.sniff.machine_folder", {"values": ", ".join(machines[:3])})
    guesses = (Guess("path", path, "medium", (evidence,)), Guess(KEY, field, "medium", (evidence,)))
    return MachineField(field, guesses, machines, None)
