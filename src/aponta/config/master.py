"""Master data from CSV: machines, products, ideal cycles. `,` or `;` between columns, `.` or `,` in numbers, UTF-8 or
cp1252.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from aponta.errors import ConfigError


def _number(value: object) -> object:
    return value.replace(",", ".") if isinstance(value, str) else value


def _day(value: object) -> object:
    """2026-03-02 or 02/03/2026."""
    if isinstance(value, str) and "/" in value:
        return datetime.strptime(value, "%d/%m/%Y").date()
    return value


Number = Annotated[float, BeforeValidator(_number)]
Exact = Annotated[Decimal, BeforeValidator(_number)]
Day = Annotated[date, BeforeValidator(_day)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Machine(_Row):
    machine: str = Field(min_length=1, max_length=100)
    name: str = ""
    line: str = Field(min_length=1)
    area: str = ""
    operation: str = ""
    layout: str = Field(min_length=1)
    type: str = ""
    stock: Literal["finished", "intermediate", "none"] = "finished"
    micro_stop_after_s: Number | None = Field(None, gt=0)
    stop_after_s: Number | None = Field(None, gt=0)
    installed_on: Day | None = None


class Product(_Row):
    product: str = Field(min_length=1, max_length=100)
    name: str = ""
    unit: str = "pc"
    pieces_per_unit: Exact = Field(Decimal(1), gt=0)
    stock_code: str = ""
    unit_value_brl: Exact | None = None


class IdealCycle(_Row):
    machine: str = "*"
    product: str = "*"
    ideal_cycle_s: Number = Field(gt=0)
    valid_from: Day = date(1970, 1, 1)


Row = TypeVar("Row", bound=_Row)


def _text(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")  # what Excel in Brazil saves


def read_rows(path: Path, model: type[Row]) -> Iterator[Row]:
    """The rows of one CSV. Raises ConfigError naming the file, the row (1 is the header) and the column."""
    if not path.is_file():
        raise ConfigError("config.file_missing", file=path.name)
    text = _text(path)
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    header = [name.strip() for name in next(reader, [])]
    unknown = [name for name in header if name not in model.model_fields]
    if unknown:
        raise ConfigError(
            "config.unknown_column", file=path.name, column=unknown[0], known=", ".join(model.model_fields)
        )
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
                rule=wrong["msg"],
            ) from None
