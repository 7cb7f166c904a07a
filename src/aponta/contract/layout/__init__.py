"""A machine's layout: how its files are read. The TOML files below `layouts/` have exactly this form; a changed form of
file is a new version.

part     the base of all tables: frozen, no unknown keys; patterns
text     [text] and [lines]: how a file is written, and which of its rows are no records
field    [fields] and [sensors]: where a value stands, and how it is written
sections [hour], [long], [record] and [states]
layout   the whole layout, and what its sections require of each other
"""

from aponta.contract.layout.field import FieldFrom, Sensor
from aponta.contract.layout.layout import KNOWN_FIELDS, QUALITIES, TOTALS, Layout
from aponta.contract.layout.sections import STATES
from aponta.contract.layout.text import Lines, Text

__all__ = ["KNOWN_FIELDS", "QUALITIES", "STATES", "TOTALS", "FieldFrom", "Layout", "Lines", "Sensor", "Text"]
