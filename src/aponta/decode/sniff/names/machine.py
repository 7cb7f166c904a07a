"""Which machine a file is of: as its name, its folder, its header or a column says."""

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

DAY = re.compile(r"\d{4}-?\d\d-?\d\d|\d{6}")
UNNAMED = "M01"
MOST_MACHINES = 1000
MOST = 0.9  # of a file's rows that are of its machine


@dataclass(frozen=True)
class MachineField:
    """machines: all that the samples are of. column: the one that says it."""

    field: dict[str, Any]
    guesses: tuple[Guess, ...]
    machines: tuple[str, ...]
    column: SampleColumn | None


def machine_column(table: SampleTable, names: Sequence[str]) -> SampleColumn | None:
    """One that is called so; or that is the same all through most files, and stands in their names."""
    for column in table.columns:
        if means(column.name, MACHINE) and 0 < len(set(column.filled)) <= MOST_MACHINES:
            return column
    for column in table.columns:
        if column.filled and sum(_in_name(column, table, n, name) for n, name in enumerate(names)) > len(names) / 2:
            return column
    return None


def _in_name(column: SampleColumn, table: SampleTable, number: int, name: str) -> bool:
    """The same in nearly all rows of the sample, and a part of its name."""
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
    """headers: what the header's groups told."""
    by_name = [one.machine_text for one in names]
    values = list(dict.fromkeys(column.filled))[:MOST_MACHINES] if column else []
    if column is not None:
        _one_a_file(table, samples, column)
    headed = headers.get("machine", [])
    checks = ["name:machine"] if all(by_name) else []
    checks += ["header:machine"] if headed else []
    folders = [rows.sample.folder for rows in samples]
    told = tuple(dict.fromkeys(text for text in by_name if text))
    if column is not None and (len(values) == 1 or all(by_name)):
        field = {**column.place, **({"check": checks} if checks else {})}
        evidence = Phrase(
            "decode.sniff.machine_column", {"place": place_phrase(column), "values": ", ".join(values[:3])}
        )
        return MachineField(
            field, (Guess("fields.machine", field, "high" if checks else "medium", (evidence,)),), tuple(values), column
        )
    if column is not None:
        evidence = Phrase("decode.sniff.machines_column", {"place": place_phrase(column), "count": len(values)})
        return MachineField(
            dict(column.place),
            (Guess("fields.machine", dict(column.place), "high", (evidence,)),),
            tuple(values),
            column,
        )
    if all(by_name):
        field = {"from": "name:machine", **({"check": ["header:machine"]} if headed else {})}
        evidence = Phrase("decode.sniff.machine_name", {"values": ", ".join(told[:3])})
        return MachineField(field, (Guess("fields.machine", field, "medium", (evidence,)),), told, None)
    if headed:
        evidence = Phrase("decode.sniff.machine_header", {"values": ", ".join(sorted(set(headed))[:3])})
        field = {"from": "header:machine"}
        return MachineField(
            field, (Guess("fields.machine", field, "high", (evidence,)),), tuple(sorted(set(headed))), None
        )
    for depth in (1, 2):
        parts = [folder.split("/") for folder in folders]
        dated = depth == 1 or all(DAY.fullmatch(part[-1]) for part in parts)
        if dated and all(len(part) >= depth and FOLDER.fullmatch(part[-depth]) for part in parts):
            return _by_folder([part[-depth] for part in parts], "/[^/]+" if depth == 2 else "")
    evidence = Phrase("decode.sniff.machine_untold", {"value": UNNAMED})
    field = {"value": UNNAMED}
    return MachineField(field, (Guess("fields.machine", field, "low", (evidence,)),), (UNNAMED,), None)


def _one_a_file(table: SampleTable, samples: Sequence[SampleRows], column: SampleColumn) -> None:
    """Some rows may be of another machine, and are quarantined. Raises ContractError `decode.many_machines`."""
    for number, rows in enumerate(samples):
        seen = Counter(cell for cell in column.cells[table.part(number)] if cell)
        if seen and seen.most_common(1)[0][1] < MOST * seen.total():
            facts = {"file": rows.sample.name, "place": place_phrase(column), "count": len(seen)}
            raise ContractError("decode.many_machines", **facts)


def _by_folder(folders: Sequence[str], below: str) -> MachineField:
    alike = pattern_of([NameParts(folder, (0, len(folder)), None, {}) for folder in folders]) or ""
    inner = alike.partition(">")[2].partition(")")[0] or escaped(folders[0])
    path = rf"(^|/)(?P<machine>{inner}){below}$"
    field = {"from": "path:machine"}
    evidence = Phrase("decode.sniff.machine_folder", {"values": ", ".join(sorted(set(folders))[:3])})
    guesses = (Guess("path", path, "medium", (evidence,)), Guess("fields.machine", field, "medium", (evidence,)))
    return MachineField(field, guesses, tuple(sorted(set(folders))), None)
