"""Pairs of key and value, in any order; where pair mark and delimiter are the same, keys and values alternate. Columns
that fields name by number stand before the first pair.

Most machines write the same keys in the same order in every row: such rows are cut together, the others one by one.
"""

from collections.abc import Mapping

import polars as pl

from aponta.contract.layout import FieldFrom, Layout, Sensor, Text
from aponta.decode.forms import Cut, RowCheck


def cut(rows: pl.DataFrame, layout: Layout, names: Mapping[str, int]) -> Cut:
    """Rows with a cell that is no pair, or with a key twice, are refused. A key that is missing is a missing value."""
    lead, keys = layout.record_columns, layout.keys
    order = _order(rows, layout.text, lead)
    cells, regular = _cut_regular(rows, layout.text, lead, keys, order)
    irregular = cells.with_row_index("at").filter(~regular).select("at", "row")
    pairs = [pairs_of(row, layout.text, lead) for row in irregular["row"]]
    wrong = pl.zeros(len(cells), pl.Int8, eager=True)
    if pairs:
        wrong = wrong.scatter(irregular["at"].filter(pl.Series([row is None for row in pairs], dtype=pl.Boolean)), 1)
        lead_columns: list[tuple[str, int | str]] = [(f"field_{number}", number) for number in range(lead)]
        for name, key in (*lead_columns, *_named(keys)):
            values = [row.get(key) if row is not None else None for row in pairs]
            cells = cells.with_columns(cells[name].scatter(irregular["at"], pl.Series(values, dtype=pl.String)))
    columns = {key: name for name, key in _named(keys)}

    def text_of(field: FieldFrom | Sensor) -> pl.Expr:
        return pl.col(columns[field.key] if field.key is not None else f"field_{int(field.column or 0) - 1}")

    checks = (RowCheck(pl.col("pair_wrong"), "columns"),)
    return Cut(cells.with_columns(pair_wrong=wrong.cast(pl.Boolean)), text_of, checks)


def _named(keys: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(f"pair_{number}", key) for number, key in enumerate(keys)]


def pairs_of(row: str, text: Text, lead: int) -> dict[int | str, str] | None:
    """The row's values by key, those before the first pair by number from 0; None: it is no row of pairs."""
    cells = row.split(text.delimiter)
    before, after = cells[:lead], cells[lead:]
    if after and not after[-1] and (text.pair != text.delimiter or len(after) % 2):
        after.pop()  # a delimiter ends the row
    if len(before) < lead:
        return None
    if text.pair == text.delimiter:
        if len(after) % 2:
            return None
        pairs = [(after[at], text.pair, after[at + 1]) for at in range(0, len(after), 2)]
    else:
        pairs = [cell.partition(text.pair) for cell in after]
    values: dict[int | str, str] = dict(enumerate(before))
    for key, mark, value in pairs:
        if not mark or key in values:
            return None
        values[key] = value
    return values


def _order(rows: pl.DataFrame, text: Text, lead: int) -> tuple[str, ...]:
    """The keys of the first row of pairs, in their order."""
    for row in rows["row"].head(5):
        values = pairs_of(row, text, lead)
        if values and len(values) > lead:
            return tuple(key for key in values if isinstance(key, str))
    return ()


def _cut_regular(
    rows: pl.DataFrame, text: Text, lead: int, keys: tuple[str, ...], order: tuple[str, ...]
) -> tuple[pl.DataFrame, pl.Series]:
    """The columns of rows with exactly these keys in this order, and which rows have them."""
    alternate = text.pair == text.delimiter
    count = lead + len(order) * (2 if alternate else 1)
    cells = rows.select(pl.col("row").str.split_exact(text.delimiter, count).alias("cells")).unnest("cells")
    values, regular = {}, pl.col(f"field_{count - 1}").is_not_null() & pl.col(f"field_{count}").is_null()
    for number, key in enumerate(order):
        if alternate:
            at = lead + 2 * number
            regular &= pl.col(f"field_{at}") == key
            values[key] = pl.col(f"field_{at + 1}")
        else:
            cell = pl.col(f"field_{lead + number}")
            regular &= cell.str.starts_with(key + text.pair)
            values[key] = cell.str.slice(len(key + text.pair))
    nothing = pl.lit(None, pl.String)
    # Without any pair all of these are constants, of which a select alone would make one row.
    selected = cells.with_columns(
        *(values.get(key, nothing).alias(name) for name, key in _named(keys)),
        regular=regular.fill_null(False) if order else pl.lit(False),
    ).select(*(f"field_{number}" for number in range(lead)), *(name for name, _ in _named(keys)), "regular")
    return pl.concat([rows, selected.drop("regular")], how="horizontal"), selected["regular"]
