"""The rows of files of one layout -> typed items and states, good ones and bad ones."""

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
from aponta.decode.rows.kinds import classify
from aponta.decode.rows.kinds import state_rows as of_layout
from aponta.decode.rows.lines import RECORD, STATE
from aponta.decode.values.typed import read_values

STATE_TYPES = {name: pl.Int64 if kind == "long" else pl.String for name, kind in STAGED_STATES.items()}


@dataclass(frozen=True)
class TypedRows:
    """Rows that are items, or that tell a state: typed, with `failed`, the index of the test they did not pass."""

    rows: pl.DataFrame
    tests: list[RowCheck]

    def good(self) -> pl.DataFrame:
        return self.rows.filter(pl.col("failed").is_null())

    def bad(self) -> pl.DataFrame:
        return self.rows.filter(pl.col("failed").is_not_null())


@dataclass(frozen=True)
class DecodedRows:
    """`told`: the machine of each file that has rows of the kind, as its name, its header or its first row tells."""

    rows: pl.DataFrame  # all, with `kind`
    items: TypedRows
    states: TypedRows
    told: Mapping[int, str | None]

    def without(self, files: Collection[int]) -> "DecodedRows":
        """Of files that are not refused as a whole."""
        if not files:
            return self
        kept = ~pl.col("file").is_in(list(files))
        items, states = (TypedRows(one.rows.filter(kept), one.tests) for one in (self.items, self.states))
        return DecodedRows(self.rows, items, states, self.told)

    def good_states(self, layout: Layout) -> pl.DataFrame:
        """As staged."""
        return of_layout(self.states.good(), layout) if layout.states else pl.DataFrame(schema=STATE_TYPES)

    def bad(self) -> pl.DataFrame:
        """The file of each row that is refused."""
        return pl.concat([one.bad().select("file") for one in (self.items, self.states)])

    def refused(self) -> list[QuarantineEntry]:
        return [refused for one in (self.items, self.states) for refused in quarantine_entries(one.bad(), one.tests)]


def decode_rows(
    rows: pl.DataFrame,
    layout: Layout,
    zone: str,
    names: Mapping[str, int],
    sections: pl.DataFrame,
    known: Mapping[str, int],
    wrong: Collection[int] = (),
    held: Mapping[str, str] | None = None,
) -> DecodedRows:
    """rows: as `lines.mark` leaves them, with `section`. names: columns by name. sections: `per_section`. known: where
    a file's machine may be unknown yet, the machines its rows may tell. wrong: files that are not read. held: of
    [long], what each tag was told last above these rows.
    """
    if layout.long is not None:
        rows = carry_forward(rows, layout, names, held or {})
    rows = classify(rows, layout, names)

    def of_kind(kind: int, by: Layout, machines: Mapping[int, str | None]) -> TypedRows:
        found = rows.filter((pl.col("kind") == kind) & ~pl.col("file").is_in(list(wrong)))
        found = found.join(sections, on=["file", "section"], how="left", maintain_order="left")
        for number, machine in machines.items():  # as the items of its file tell it
            own = pl.col("file") == number
            found = found.with_columns(file_machine=pl.when(own).then(pl.lit(machine)).otherwise("file_machine"))
        return TypedRows(*read_values(found, by, zone, names, known))

    items = of_kind(RECORD, layout, {})
    if rebuilds(layout):
        items = TypedRows(rebuild_times(items.rows, items.tests, layout), items.tests)
    told: dict[int, str | None] = dict(items.rows.select("file", "file_machine").unique().rows())
    of_states = layout.of_states
    states = of_kind(STATE, of_states, told) if of_states else TypedRows(items.rows.clear(), items.tests)
    told = dict(states.rows.select("file", "file_machine").unique().rows()) | told
    return DecodedRows(rows, items, states, told)


def per_section(files: list[EncodedFile], heads: Mapping[int, FileHead], layout: Layout) -> pl.DataFrame:
    """What holds for all rows of a section."""
    origins = sorted({field.origin for field in layout.fields.values() if field.origin})
    rows = [
        {"file": file.number, "section": section, "file_machine": head.machine, "otherwise": section in head.otherwise}
        | {"earliest": file.earliest.get(head.machine or ""), "latest": file.latest, NAMED_HOUR: file.choice.hour}
        | {origin: said.get(origin) for origin in origins}
        for file in files
        for head in (heads[file.number],)
        for section, said in head.origins.items()
    ]
    schema = {"file": pl.Int32, "section": pl.Int32, "file_machine": pl.String, "otherwise": pl.Boolean}
    schema |= {"earliest": pl.Int64, "latest": pl.Int64, NAMED_HOUR: pl.Int64}
    return pl.DataFrame(rows, schema={**schema, **dict.fromkeys(origins, pl.String)})


def known_machines(file: EncodedFile, heads: Mapping[int, FileHead]) -> dict[str, int]:
    """Where some file's machine is left to its rows: those it may be, each with its `earliest`."""
    unnamed = any(head.machine is None for head in heads.values())
    return {machine: file.earliest[machine] for machine in file.choice.known if unnamed}
