"""The file comes packed with gzip."""

import gzip
from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    data = gzip.compress(hour.written(), mtime=0)
    return Delivered((Delivery(f"{hour.path}.gz", data, hour.after_end(chance)),))


FAULT = Fault("packed", deliver)
