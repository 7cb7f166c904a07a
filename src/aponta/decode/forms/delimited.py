"""Columns between delimiters. Rows without quotes and brackets are cut together, the others one by one."""

import re
from collections.abc import Mapping
from functools import cache

import polars as pl

from aponta.contract.layout import FieldFrom, Layout, Sensor, Text
from aponta.decode.forms import Cut, RowCheck


def cut(rows: pl.DataFrame, layout: Layout, names: Mapping[str, int]) -> Cut:
    """Rows with more or fewer cells than a record, or with an open quote, are refused."""
    text = layout.text
    count = max(len(names) or layout.record_columns, 1)
    cells = rows.with_columns(pl.col("row").str.split_exact(text.delimiter, count).alias("cells")).unnest("cells")
    unclosed = pl.lit(False)
    if text.quote or text.brackets:
        cells = _with_marked_rows(cells, text, count)
        unclosed = pl.col("field_unclosed")

    def cell(place: int | str) -> pl.Expr:
        number = names.get(place, count + 1) if isinstance(place, str) else place
        return pl.col(f"field_{number - 1}") if number <= count else pl.lit(None, pl.String)

    def text_of(field: FieldFrom | Sensor) -> pl.Expr:
        if field.column is not None:
            return cell(field.column)
        joined = field.columns if isinstance(field, FieldFrom) else ()
        return pl.concat_str([cell(number) for number in joined], separator=" ")

    wrong = pl.col(f"field_{count - 1}").is_null() | pl.col(f"field_{count}").is_not_null()
    return Cut(cells, text_of, (RowCheck(unclosed, "quote"), RowCheck(wrong, "columns")))


def _with_marked_rows(cells: pl.DataFrame, text: Text, count: int) -> pl.DataFrame:
    """Rows with a quote or a bracket are cut once more. Adds `field_unclosed`: an open quote, or a text behind it."""
    marks = [re.escape(mark) for mark in (text.quote, text.brackets[:1]) if mark]
    marked = cells.with_row_index("at").filter(pl.col("row").str.contains("|".join(marks))).select("at", "row")
    split_rows = [split(row, text) for row in marked["row"]]
    unclosed = pl.zeros(len(cells), pl.Int8, eager=True).scatter(
        marked["at"].filter(pl.Series([row is None for row in split_rows], dtype=pl.Boolean)), 1
    )
    columns = {}
    for number in range(count + 1):
        values = [row[number] if row is not None and number < len(row) else None for row in split_rows]
        column = cells[f"field_{number}"]
        columns[f"field_{number}"] = (
            column.scatter(marked["at"], pl.Series(values, dtype=pl.String)) if values else column
        )
    return cells.with_columns(**columns, field_unclosed=unclosed.cast(pl.Boolean))


def split(row: str, text: Text) -> list[str] | None:
    """The row's cells without their quotes; None where a quote is open, or a text follows it."""
    if not (text.quote or text.brackets):
        return row.split(text.delimiter)
    pattern, cells, at = _cell(text.delimiter, text.quote, text.brackets), [], 0
    while match := pattern.match(row, at):
        quoted, plain, delimiter = match.groups()
        cells.append(plain if quoted is None else quoted.replace(text.quote * 2, text.quote))
        if not delimiter:
            return cells
        at = match.end()
    return None


@cache
def _cell(delimiter: str, quote: str, brackets: str) -> re.Pattern[str]:
    """One cell and its end. An open bracket is a mark like any other."""
    ends, mark = re.escape(delimiter), re.escape(quote)
    quoted = f"{mark}((?:[^{mark}]|{mark}{mark})*){mark}" if quote else "(?!)()"
    within = f"{re.escape(brackets[0])}[^{re.escape(brackets)}]*{re.escape(brackets[1])}|" if brackets else ""
    plain = f"((?!{mark})(?:{within}(?!{ends}).)*)" if quote else f"((?:{within}(?!{ends}).)*)"
    return re.compile(f"(?:{quoted}|{plain})({ends}|$)", re.DOTALL)
