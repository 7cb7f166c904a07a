"""The trailer's checksum is not that of the bytes above it: the items count, and stock waits for a person."""

from dataclasses import replace
from random import Random
from zlib import crc32

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour
from aponta.lab.form import FileForm

ROWS = r"(?P<rows>\d+)'"
COMMENT = "comment = '^#'"


def _seal(above: bytes) -> bytes:
    return b" crc=%08X" % crc32(above)


def _form(usual: FileForm) -> FileForm:
    """Trailers that do not check what is above them do so now."""
    if usual.has_checksum:
        return usual
    sealed = usual.with_layout_edit(ROWS, ROWS.replace("'", r" crc=(?P<checksum>\S+)'"))
    return replace(sealed.with_layout_edit(COMMENT, f'{COMMENT}\nchecksum = "crc32"'), seal=_seal, has_checksum=True)


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    return HourDelivery(
        (FileDelivery(hour.path, hour.written(wrong_checksum=True), hour.after_end(chance)),), stock_withheld=True
    )


FAULT = Fault("checksum_lies", deliver, suits=lambda form: form.trailer is not None, form=_form)
