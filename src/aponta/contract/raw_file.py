"""A file as it came: its bytes are its identity."""

from dataclasses import dataclass
from datetime import datetime

HEAD = 4  # bytes of a file that tell whether it is packed
GZIP, ZIP = b"\x1f\x8b\x08", (b"PK\x03\x04", b"PK\x05\x06")


def packed(head: bytes) -> bool:
    """Is it gzip or zip, as its first HEAD bytes tell?"""
    return head.startswith((GZIP, *ZIP))


@dataclass(frozen=True)
class RawFile:
    """One arrival. The same bytes may arrive many times, under many names: `sha256` stays the same, `arrival` does
    not.
    """

    arrival: int  # number of the arrival in the ledger, rising
    sha256: str  # of the original bytes
    name: str  # as delivered, without folders
    source: str  # the landing folder, as configured
    size: int  # original bytes
    modified_at: datetime  # as the source reports it, UTC
    received_at: datetime  # when we took it, UTC
