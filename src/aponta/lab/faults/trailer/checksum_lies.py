"""The trailer's checksum is not that of the bytes above it: the items count, and stock waits for a person."""

from dataclasses import replace
from random import Random
from zlib import crc32

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour
from aponta.lab.form import Form

ROWS = r"(?P<rows>\d+)'"
COMMENT = "comment = '^#'"


def seal(above: bytes) -> bytes:
    return b" crc=%08X" % crc32(above)


def form(usual: Form) -> Form:
    """Trailers that do not check what is above them do so now."""
    if usual.checks:
        return usual
    sealed = usual.edited(ROWS, ROWS.replace("'", r" crc=(?P<checksum>\S+)'"))
    return replace(sealed.edited(COMMENT, f'{COMMENT}\nchecksum = "crc32"'), seal=seal, checks=True)


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    return Delivered((Delivery(hour.path, hour.written(lies=True), hour.after_end(chance)),), held=True)


FAULT = Fault("checksum_lies", deliver, suits=lambda form: form.end is not None, form=form)
