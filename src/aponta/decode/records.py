"""The rows of files of one layout -> typed items and states, good and bad."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from aponta.contract.decoded import NAMED_HOUR, STAGED_STATES, QuarantineEntry
from aponta.contract.layout import Layout
from aponta.decode.account import EncodedFile, quarantine_entries
from aponta.decode.clock import rebuild_times, rebuilds
from aponta.decode.forms import RowCheck
from aponta.decode.rows.carried import carry_forward
from aponta.decode.rows.heads import FileHead
from aponta.decode.rows.kinds import classify, state_rows
from aponta.decode.rows.lines import RECORD, STATE
from aponta.decode.values.typed import read_values

STATE_TYPES = {name: pl.Int64 if kind == "long" else pl.String for name, kind in STAGED_STATES.items()}


@dataclass(frozen=True)
class TypedRows:
    """Items, or states: typed rows with `failed`, the index in `checks` of the check they failed."""

    rows: pl.DataFrame
    checks: list[RowCheck]

    def good(self) -> pl.DataFrame:
        return self.rows.filter(pl.col("failed").is_null())

    def bad(self) -> pl.DataFrame:
        return self.rows.filter(pl.col("failed").is_not_null())


@dataclass(frozen=True)
class DecodedRows:
    """machines: the machine of each file that has items or states, from its name, its header or its first row."""

    rows: pl.DataFrame  # every row, with `kind`
    items: TypedRows
    states: TypedRows
    machines: Mapping[int, str | None]

    def without(self, files: Collection[int]) -> "DecodedRows":
        """The same without the items and states of these files, which are refused as a whole."""
        if not files:
            return self
        others = ~pl.col("file").is_in(list(files))
        items, states = (TypedRows(part.rows.filter(others), part.checks) for part in (self.items, self.states))
        return DecodedRows(self.rows, items, states, self.machines)

    def good_states(self, layout: Layout) -> pl.DataFrame:
        """The columns of STAGED_STATES."""
        return state_rows(self.states.good(), layout) if layout.states else pl.DataFrame(schema=STATE_TYPES)

    def bad(self) -> pl.DataFrame:
        """Column `file`, a row for each refused row."""
        return pl.concat([part.bad().select("file") for part in (self.items, self.states)])

    def refused(self) -> list[QuarantineEntry]:
        return [entry for part in (self.items, self.states) for entry in quarantine_entries(part.bad(), part.checks)]


def decode_rows(
    rows: pl.DataFrame,
    layout: Layout,
    zone: str,
    names: Mapping[str, int],
    sections: pl.DataFrame,
    known: Mapping[str, int],
    wrong: Collection[int] = (),
    carried: Mapping[str, str] | None = None,
) -> DecodedRows:
    """rows: with `kind` and `section`. names: numbers of the columns by name. sections: `per_section`. known: where a
    file's machine is still unknown, the machines its rows may name, each with its `earliest`. wrong: files that are not
    read. carried: for [long], the last value of each tag above these rows.
    """
    if layout.long is not None:
        rows = carry_forward(rows, layout, names, carried or {})
    rows = classify(rows, layout, names)

    def read_kind(kind: int, kind_layout: Layout, machines: Mapping[int, str | None]) -> TypedRows:
        of_kind = rows.filter((pl.col("kind") == kind) & ~pl.col("file").is_in(list(wrong)))
        of_kind = of_kind.join(sections, on=["file", "section"], how="left", maintain_order="left")
        for number, machine in machines.items():
            own = pl.col("file") == number
            of_kind = of_kind.with_columns(file_machine=pl.when(own).then(pl.lit(machine)).otherwise("file_machine"))
        return TypedRows(*read_values(of_kind, kind_layout, zone, names, known))

    items = read_kind(RECORD, layout, {})
    if rebuilds(layout):
        items = TypedRows(rebuild_times(items.rows, items.checks, layout), items.checks)
    machines: dict[int, str | None] = dict(items.rows.select("file", "file_machine").unique().rows())
    if state_layout := layout.state_layout:
        states = read_kind(STATE, state_layout, machines)  # their machine is that of the file's items
    else:
        states = TypedRows(items.rows.clear(), items.checks)
    machines = dict(states.rows.select("file", "file_machine").unique().rows()) | machines
    return DecodedRows(rows, items, states, machines)


def per_section(files: list[EncodedFile], heads: Mapping[int, FileHead], layout: Layout) -> pl.DataFrame:
    """A row per file and section with the values that all its rows share: file_machine, otherwise (the header
    row names other columns), earliest, latest, NAMED_HOUR, and one per origin of a field, as "header:product".
    """
    origins = sorted({field.origin for field in layout.fields.values() if field.origin})
    rows = [
        {"file": file.number, "section": section, "file_machine": head.machine, "otherwise": section in head.otherwise}
        | {"earliest": file.earliest.get(head.machine or ""), "latest": file.latest, NAMED_HOUR: file.choice.hour}
        | {origin: texts.get(origin) for origin in origins}
        for file in files
        for head in (heads[file.number],)
        for section, texts in head.origins.items()
    ]
    schema = {"file": pl.Int32, "section": pl.Int32, "file_machine": pl.String, "otherwise": pl.Boolean}
    schema |= {"earliest": pl.Int64, "latest": pl.Int64, NAMED_HOUR: pl.Int64}
    return pl.DataFrame(rows, schema={**schema, **dict.fromkeys(origins, pl.String)})


def known_machines(file: EncodedFile, heads: Mapping[int, FileHead]) -> dict[str, int]:
    """The machines that rows may name, each with its `earliest`; empty where every file has its machine already."""
    unnamed = any(head.machine is None for head in heads.values())
    return {machine: file.earliest[machine] for machine in file.choice.machines if unnamed}
