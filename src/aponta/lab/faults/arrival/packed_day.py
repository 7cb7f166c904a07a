"""All files of the day come in one zip, in the evening."""

from io import BytesIO
from random import Random
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour
from aponta.lab.simulation.shifts import local


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    hours = [each for each in (*hour.before, hour) if each.is_written]
    if not hour.last or not hours:
        return Delivered((), covered=hour.is_written)
    packed = BytesIO()
    with ZipFile(packed, "w") as opened:
        for each in hours:
            opened.writestr(ZipInfo(each.path), each.written(), ZIP_DEFLATED)
    path = f"{hour.machine.code}_{local(hour.start_ms):%Y%m%d}.zip"
    file = Delivery(path, packed.getvalue(), hour.after_end(chance), files=len(hours))
    return Delivered((file,), covered=hour.is_written)


FAULT = Fault("packed_day", deliver, span="day", per_week=0.1, needs=0)
