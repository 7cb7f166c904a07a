"""How a file of declarations is written, CSV or XML, and read again. The same declarations are the same bytes."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from xml.etree import ElementTree as XML

from aponta.config.sections.files import FilesSection
from aponta.contract.stock.sink import Declaration, Rejection

FILE_COLUMNS = ("key", "product", "location", "quantity", "unit", "booked_on", "lot", "machine", "hour", "quality")
HOUR_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML has no way to write the rest


@dataclass(frozen=True)
class FileLine:
    """A declaration as it stands in a file."""

    key: str
    product: str  # the stock system's name of it
    location: str
    quantity: Decimal
    unit: str
    hour: datetime  # UTC

    @classmethod
    def of(cls, row: Mapping[str, str]) -> "FileLine":
        """Of the columns that a file has, or the index. Raises KeyError, ValueError, ArithmeticError."""
        quantity = Decimal(row["quantity"].replace(",", "."))  # of thousands there are no marks
        hour = datetime.strptime(row["hour"], HOUR_FORMAT).replace(tzinfo=UTC)
        return cls(row["key"], row["product"], row["location"], quantity, row["unit"], hour)

    def same(self, said: Declaration) -> bool:
        """Whether that is what it says; the day may be another, once a period was closed."""
        there = (self.product, self.location, self.quantity, self.unit)
        return there == (said.stock_code, said.location, said.quantity, said.unit)


def format_file(said: Sequence[Declaration], section: FilesSection) -> bytes:
    """A file of them. Raises Rejection for one that the form has no way to write."""
    rows = [_row(one) for one in sorted(said, key=lambda one: (one.hour, one.key))]
    for row in rows if section.format == "xml" else ():
        if found := NO_XML.search("".join(row.values())):
            raise Rejection(row["key"], f"XML has no way to write the character {found[0]!r}")
    return _xml(rows) if section.format == "xml" else _csv(rows, section)


def parse_file(content: bytes) -> list[FileLine]:
    """What a file says that `written` made, whatever its form. Raises ValueError for one that it did not make."""
    if content.startswith(b"<?xml"):
        rows = [{of.tag: of.text or "" for of in one} for one in XML.fromstring(content)]
    else:
        text = content.decode()
        delimiter = text[len("key")]  # as it was when it was written
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    try:
        return [FileLine.of(row) for row in rows]
    except (KeyError, ArithmeticError, AttributeError) as error:
        raise ValueError(str(error)) from error


def _row(said: Declaration) -> dict[str, str]:
    return {
        "key": said.key,
        "product": said.stock_code,
        "location": said.location,
        "quantity": f"{said.quantity.normalize():f}",
        "unit": said.unit,
        "booked_on": said.booked_on.isoformat(),
        "lot": said.lot or "",
        "machine": said.machine,
        "hour": said.hour.astimezone(UTC).strftime(HOUR_FORMAT),
        "quality": said.quality,
    }


def _csv(rows: Sequence[dict[str, str]], section: FilesSection) -> bytes:
    made = io.StringIO(newline="")
    writer = csv.DictWriter(made, FILE_COLUMNS, delimiter=section.delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(row | {"quantity": row["quantity"].replace(".", section.decimal)} for row in rows)
    return made.getvalue().encode()


def _xml(rows: Sequence[dict[str, str]]) -> bytes:
    root = XML.Element("declarations")
    for row in rows:
        one = XML.SubElement(root, "declaration")
        for name in FILE_COLUMNS:
            XML.SubElement(one, name).text = row[name]
    XML.indent(root)
    made: bytes = XML.tostring(root, encoding="UTF-8", xml_declaration=True)
    return made + b"\n"
