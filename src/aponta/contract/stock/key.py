"""What a declaration is called: readable, unique, and no longer than the databases it goes through can keep."""

import re
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote

LONGEST_KEY = 300
LONGEST_LOT = 100
LONGEST_PRODUCT = 100  # products.csv takes none that is longer, but a file may name one


def key_of(site: str, machine: str, product: str, hour: datetime, quality: str, revision: int) -> str:
    """site:machine:product:20260302T10:good:1 - what would break the key or a command line is percent-encoded."""
    said = f"{site}:{_plain(machine)}:{_plain(product)}:{hour.astimezone(UTC):%Y%m%dT%H}:{quality}:{revision}"
    return bounded(said, LONGEST_KEY)


def bounded(text: str, longest: int) -> str:
    """Two texts never become one: what is longer ends in a hash of the whole."""
    return text if len(text) <= longest else f"{text[: longest - 65]}~{sha256(text.encode()).hexdigest()}"


def _plain(name: str) -> str:
    return re.sub(r"[:%\s\x00-\x1f\x7f]", lambda found: quote(found[0], safe=""), name)


def hour_of_key(key: str) -> datetime | None:
    """The hour of production that `key_of` wrote into it; None of a text that is no such key."""
    try:
        return datetime.strptime(key.split(":")[3], "%Y%m%dT%H").replace(tzinfo=UTC)
    except (IndexError, ValueError):
        return None
