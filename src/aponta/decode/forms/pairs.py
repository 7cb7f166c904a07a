"""Pairs of key and value, in any order; where pair mark and delimiter are the same, keys and values alternate. Columns
that fields name by number stand before the first pair.

Most machines write the same keys in the same order in every row: those rows are cut at once, the others one by one.
"""

from collections.abc import Mapping

import polars as pl

from aponta.contract.layout import FieldFrom, Layout, Sensor, Text
from aponta.decode.forms import Cut, RowCheck


def cut(rows: pl.DataFrame, layout: Layout, names: Mapping[str, int]) -> Cut:
    """A row is refused where a cell is no pair, or a key comes twice. A key that is missing is a value that is."""
    lead, keys = layout.record_columns, layout.keys
    order = _order(rows, layout.text, lead)
    cells, regular = _at_once(rows, layout.text, lead, keys, order)
    odd = cells.with_row_index("at").filter(~regular).select("at", "row")
    found = [_one(row, layout.text, lead) for row in odd["row"]]
    wrong = pl.zeros(len(cells), pl.Int8, eager=True)
    if found:
        wrong = wrong.scatter(odd["at"].filter(pl.Series([one is None for one in found], dtype=pl.Boolean)), 1)
        taken: list[tuple[str, int | str]] = [(f"field_{number}", number) for number in range(lead)]
        for name, key in (*taken, *_named(keys)):
            values = [one.get(key) if one is not None else None for one in found]
            cells = cells.with_columns(cells[name].scatter(odd["at"], pl.Series(values, dtype=pl.String)))
    columns = {key: name for name, key in _named(keys)}

    def text_of(field: FieldFrom | Sensor) -> pl.Expr:
        return pl.col(columns[field.key] if field.key is not None else f"field_{int(field.column or 0) - 1}")

    return Cut(
        cells.with_columns(pair_wrong=wrong.cast(pl.Boolean)), text_of, (RowCheck(pl.col("pair_wrong"), "columns"),)
    )


def _named(keys: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(f"pair_{number}", key) for number, key in enumerate(keys)]


def _one(row: str, text: Text, lead: int) -> dict[int | str, str] | None:
    """Its values by key, those before the first pair by number from 0; None: it is no row of pairs."""
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
    found: dict[int | str, str] = dict(enumerate(before))
    for key, mark, value in pairs:
        if not mark or key in found:
            return None
        found[key] = value
    return found


def _order(rows: pl.DataFrame, text: Text, lead: int) -> tuple[str, ...]:
    """The keys of the first row that is one of pairs."""
    for row in rows["row"].head(5):
        found = _one(row, text, lead)
        if found and len(found) > lead:
            return tuple(key for key in found if isinstance(key, str))
    return ()


def _at_once(
    rows: pl.DataFrame, text: Text, lead: int, keys: tuple[str, ...], order: tuple[str, ...]
) -> tuple[pl.DataFrame, pl.Series]:
    """Rows with just these keys in this order: their columns, and which rows they are."""
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
    # Without any pair all of these are constants, which select would make one row of.
    taken = cells.with_columns(
        *(values.get(key, nothing).alias(name) for name, key in _named(keys)),
        regular=regular.fill_null(False) if order else pl.lit(False),
    ).select(*(f"field_{number}" for number in range(lead)), *(name for name, _ in _named(keys)), "regular")
    return pl.concat([rows, taken.drop("regular")], how="horizontal"), taken["regular"]
