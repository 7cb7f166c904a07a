"""A machine's layout: how to read its files. The TOML under `layouts/` in this very form; a changed form is a new
version.

part     what the others are made of: frozen, no unknown key; patterns
text     how the file is written as a whole, and which of its rows are no records
field    where a value stands, and how it is written
layout   the whole of it
"""

from aponta.contract.layout.field import FieldFrom, Sensor
from aponta.contract.layout.layout import KNOWN_FIELDS, QUALITIES, STATES, TOTALS, Layout
from aponta.contract.layout.text import Lines, Text

__all__ = ["KNOWN_FIELDS", "QUALITIES", "STATES", "TOTALS", "FieldFrom", "Layout", "Lines", "Sensor", "Text"]
