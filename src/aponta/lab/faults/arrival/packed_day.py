"""All files of the day come in one zip, in the evening."""

from io import BytesIO
from random import Random
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour
from aponta.lab.simulation.shifts import to_local


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    hours = [each for each in (*hour.before, hour) if each.is_written]
    if not hour.last or not hours:
        return HourDelivery((), covered=hour.is_written)
    packed = BytesIO()
    with ZipFile(packed, "w") as opened:
        for each in hours:
            opened.writestr(ZipInfo(each.path), each.written(), ZIP_DEFLATED)
    path = f"{hour.machine.code}_{to_local(hour.start_ms):%Y%m%d}.zip"
    file = FileDelivery(path, packed.getvalue(), hour.after_end(chance), files=len(hours))
    return HourDelivery((file,), covered=hour.is_written)


FAULT = Fault("packed_day", deliver, span="day", per_week=0.1, needs=0)
