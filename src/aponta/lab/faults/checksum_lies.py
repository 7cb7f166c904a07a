"""The trailer's checksum is not that of the bytes above it: the items count, and stock waits for a person."""

from random import Random
from zlib import crc32

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour

ROWS = r"(?P<rows>\d+)'"


def seal(above: bytes) -> bytes:
    return b" crc=%08X" % crc32(above)


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    return Delivered((Delivery(hour.name, hour.written(lies=True), hour.after_end(chance)),), held=True)


FAULT = Fault(
    "checksum_lies",
    deliver,
    layout=(
        (ROWS, ROWS.replace("'", r" crc=(?P<checksum>\S+)'")),
        ("comment = '^#'", "comment = '^#'\nchecksum = \"crc32\""),
    ),
    seal=seal,
)
