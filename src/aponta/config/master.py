"""Master data from CSV: machines, products, ideal cycles. `,` or `;` between columns, `.` or `,` in numbers, UTF-8 or
cp1252.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from aponta.config.rule import rule_of
from aponta.config.syntax import csv_reason
from aponta.contract.rule import rule_error
from aponta.errors import ConfigError


def _number(value: object) -> object:
    return value.replace(",", ".") if isinstance(value, str) else value


def _day(value: object) -> object:
    """2026-03-02 or 02/03/2026."""
    if isinstance(value, str) and "/" in value:
        try:
            return datetime.strptime(value, "%d/%m/%Y").date()
        except ValueError:
            raise rule_error("date") from None
    return value


def _code(value: str) -> str:
    """A code stands in addresses of pages, where browsers take . and .. for folders."""
    if not any(mark.isalnum() for mark in value):
        raise rule_error("code")
    return value


DecimalNumber = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
ExactNumber = Annotated[Decimal, BeforeValidator(_number)]
Day = Annotated[date, BeforeValidator(_day)]
Code = Annotated[str, AfterValidator(_code)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Machine(_Row):
    """machines.csv: one row per machine."""

    machine: Code = Field(min_length=1, max_length=100, description="its code, as its files name it")
    name: str = Field("", description="as people call it")
    line: str = Field(min_length=1, description="its production line, which has the calendar")
    area: str = Field("", description="where it stands")
    operation: str = Field("", description="what it does")
    layout: str = Field(min_length=1, description="the layout that reads its files: a name in layouts/*.toml")
    type: str = Field("", description="machines of one type are alike")
    stock: Literal["finished", "intermediate", "none"] = Field(
        "finished",
        description="whose good pieces are declared to stock: only the last machine an item passes makes it finished",
    )
    micro_stop_after_s: DecimalNumber | None = Field(
        None, gt=0, description="a gap longer than this is a micro-stop; empty: five ideal cycles, 30 s at least"
    )
    stop_after_s: DecimalNumber | None = Field(None, gt=0, description="a gap longer than this is a stop; empty: 300 s")
    installed_on: Day | None = Field(None, description="an item made before is refused as `clock`")


class Product(_Row):
    """products.csv: one row per product."""

    product: str = Field(min_length=1, max_length=100, description="its code, as the machines write it")
    name: str = Field("", description="as people call it")
    unit: str = Field("pc", max_length=20, description="what the stock system counts it in")
    pieces_per_unit: ExactNumber = Field(
        Decimal(1),
        gt=0,
        decimal_places=6,
        description="pieces that make one unit; what fills none is carried to the next hour",
    )
    stock_code: str = Field("", max_length=100, description="its code in the stock system; empty: the same")
    unit_value_brl: ExactNumber | None = Field(None, description="what one unit is worth, in R$: losses in money")


class IdealCycle(_Row):
    """ideal_cycles.csv: the shortest time an item takes. The more exact of two rows wins, then the newer."""

    machine: str = Field("*", description="`*`: every machine")
    product: str = Field("*", description="`*`: every product")
    ideal_cycle_s: DecimalNumber = Field(gt=0, description="seconds an item takes at best (PRI of ISO 22400)")
    valid_from: Day = Field(date(1970, 1, 1), description="from the first hour that begins on this day")


Row = TypeVar("Row", bound=_Row)


def _text(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")  # what Excel in Brazil saves


class CountRow(_Row):
    """The file of a manual count: one row per product and location."""

    location: str = Field(min_length=1, max_length=200, description="as in the stock system")
    product: str = Field(min_length=1, max_length=100, description="its code in the stock system")
    counted: ExactNumber = Field(ge=0, description="what people found, in the stock system's unit")
    counted_at: datetime = Field(description="when; without a zone it is the factory's")


def read_rows(path: Path, model: type[Row]) -> Iterator[Row]:
    """The rows of one CSV. Raises ConfigError naming the file, the row (1 is the header) and the column."""
    if not path.is_file():
        raise ConfigError("config.file_missing", file=path.name)
    text = _text(path)
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    lines = io.StringIO(text, newline=None)  # any line ends
    reader = _rows(lines, delimiter, path.name)
    header = [name.strip() for name in next(reader, [])]
    unknown = [name for name in header if name not in model.model_fields]
    if unknown:
        raise ConfigError(
            "config.unknown_column", file=path.name, column=unknown[0], known=", ".join(model.model_fields)
        )
    twice = [name for name in header if header.count(name) > 1]
    if twice:
        raise ConfigError("config.twice", file=path.name, key="column", value=twice[0])
    for number, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise ConfigError("config.row_length", file=path.name, row=number, found=len(cells), expected=len(header))
        given: dict[str, Any] = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
        try:
            yield model(**given)
        except ValidationError as error:
            wrong = error.errors()[0]
            column = str(wrong["loc"][0]) if wrong["loc"] else ""
            raise ConfigError(
                "config.bad_value",
                file=path.name,
                row=number,
                key=column,
                value=given.get(column, ""),
                rule=rule_of(wrong),
            ) from None


def _rows(lines: Iterable[str], delimiter: str, file: str) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        row = reader.line_num + 1
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # an unclosed quote is noticed at the end of the file; `row` is where it begins
            raise ConfigError("config.not_csv", file=file, rule=csv_reason(error, row)) from None
