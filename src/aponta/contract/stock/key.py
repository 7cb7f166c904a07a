"""The key of a declaration: readable, unique, and short enough for the databases that store it."""

import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote, unquote

LONGEST_KEY = 300
LONGEST_LOT = 100
LONGEST_PRODUCT = 100  # products.csv takes none that is longer, but a file may name one
HOUR_IN_KEY = "%Y%m%dT%H"  # UTC
_END = re.compile(r":(\d{8}T\d\d):[^:]+:\d+$")  # hour, quality, revision


class KeyParts(NamedTuple):
    machine: str
    product: str
    hour: datetime  # UTC
    quality: str


def key_of(site: str, machine: str, product: str, hour: datetime, quality: str, revision: int) -> str:
    """site:machine:product:20260302T10:good:1. Percent-encodes what would break the key or a command line."""
    key = f"{site}:{_encoded(machine)}:{_encoded(product)}:{hour.astimezone(UTC):{HOUR_IN_KEY}}:{quality}:{revision}"
    return bounded(key, LONGEST_KEY)


def bounded(text: str, longest: int) -> str:
    """The text, or its beginning and a hash of the whole where it is too long: two texts never become one."""
    return text if len(text) <= longest else f"{text[: longest - 65]}~{sha256(text.encode()).hexdigest()}"


def parse_key(key: str) -> KeyParts | None:
    """The parts of a key that `key_of` made; None: another text, or a key that was cut."""
    try:
        _, machine, product, hour, quality, _ = key.split(":")
        return KeyParts(unquote(machine), unquote(product), _hour(hour), quality)
    except ValueError:
        return None


def hour_of_key(key: str) -> datetime | None:
    """The hour of production in a text that ends as keys do; None: it does not, or the key was cut."""
    found = _END.search(key)
    try:
        return _hour(found[1]) if found else None
    except ValueError:
        return None


def _hour(text: str) -> datetime:
    return datetime.strptime(text, HOUR_IN_KEY).replace(tzinfo=UTC)


def _encoded(name: str) -> str:
    return re.sub(r"[:%\s\x00-\x1f\x7f]", lambda found: quote(found[0], safe=""), name)
