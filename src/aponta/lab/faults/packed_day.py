"""All files of the day come in one zip, in the evening."""

from io import BytesIO
from random import Random
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    if not hour.last:
        return Delivered(())
    packed, hours = BytesIO(), [*hour.before, hour]
    with ZipFile(packed, "w") as opened:
        for each in hours:
            opened.writestr(ZipInfo(each.name), each.written(), ZIP_DEFLATED)
    path = f"{hour.name.rpartition('_')[0]}.zip"
    return Delivered((Delivery(path, packed.getvalue(), hour.after_end(chance), files=len(hours)),))


FAULT = Fault("packed_day", deliver, span="day", per_week=0.1, needs=0)
