"""A file of declarations, CSV or XML: written and read. The same declarations give the same bytes."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from xml.etree import ElementTree as XML

from aponta.config.sections.files import FilesSection
from aponta.contract.stock.quantity import quantity_text
from aponta.contract.stock.sink import Declaration, Rejection

FILE_COLUMNS = ("key", "product", "location", "quantity", "unit", "booked_on", "lot", "machine", "hour", "quality")
HOUR_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML has no way to write the rest


@dataclass(frozen=True)
class FileLine:
    """A declaration in a file."""

    key: str
    product: str  # the stock system's name of it
    location: str
    quantity: Decimal
    unit: str
    hour: datetime  # UTC

    @classmethod
    def of(cls, row: Mapping[str, str]) -> "FileLine":
        """From the columns of a file or of the index. Raises KeyError, ValueError, ArithmeticError."""
        quantity = Decimal(row["quantity"].replace(",", "."))  # without marks of thousands
        hour = datetime.strptime(row["hour"], HOUR_FORMAT).replace(tzinfo=UTC)
        return cls(row["key"], row["product"], row["location"], quantity, row["unit"], hour)

    def matches(self, declaration: Declaration) -> bool:
        """Whether the content is the same, without the booking day: that changes once a period is closed."""
        content = (self.product, self.location, self.quantity, self.unit)
        return content == (declaration.stock_code, declaration.location, declaration.quantity, declaration.unit)


def format_file(declarations: Sequence[Declaration], section: FilesSection) -> bytes:
    """The content of a file. Raises Rejection for a declaration that the format cannot express."""
    ordered = sorted(declarations, key=lambda declaration: (declaration.hour, declaration.key))
    rows = [_row(declaration) for declaration in ordered]
    for row in rows if section.format == "xml" else ():
        if found := NO_XML.search("".join(row.values())):
            raise Rejection(row["key"], f"XML has no way to write the character {found[0]!r}")
    return _xml(rows) if section.format == "xml" else _csv(rows, section)


def parse_file(content: bytes) -> list[FileLine]:
    """The lines of a file that `format_file` made. Raises ValueError for another file."""
    if content.startswith(b"<?xml"):
        rows = [{field.tag: field.text or "" for field in line} for line in XML.fromstring(content)]
    else:
        text = content.decode()
        delimiter = text[len("key")]  # as it was when it was written
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    try:
        return [FileLine.of(row) for row in rows]
    except (KeyError, ArithmeticError, AttributeError) as error:
        raise ValueError(str(error)) from error


def _row(declaration: Declaration) -> dict[str, str]:
    return {
        "key": declaration.key,
        "product": declaration.stock_code,
        "location": declaration.location,
        "quantity": quantity_text(declaration.quantity),
        "unit": declaration.unit,
        "booked_on": declaration.booked_on.isoformat(),
        "lot": declaration.lot or "",
        "machine": declaration.machine,
        "hour": declaration.hour.astimezone(UTC).strftime(HOUR_FORMAT),
        "quality": declaration.quality,
    }


def _csv(rows: Sequence[dict[str, str]], section: FilesSection) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, FILE_COLUMNS, delimiter=section.delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(row | {"quantity": row["quantity"].replace(".", section.decimal)} for row in rows)
    return text.getvalue().encode()


def _xml(rows: Sequence[dict[str, str]]) -> bytes:
    root = XML.Element("declarations")
    for row in rows:
        line = XML.SubElement(root, "declaration")
        for name in FILE_COLUMNS:
            XML.SubElement(line, name).text = row[name]
    XML.indent(root)
    content: bytes = XML.tostring(root, encoding="UTF-8", xml_declaration=True)
    return content + b"\n"
