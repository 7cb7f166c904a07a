"""The file comes packed with gzip."""

import gzip
from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    data = gzip.compress(hour.written(), mtime=0)
    return HourDelivery((FileDelivery(f"{hour.path}.gz", data, hour.after_end(chance)),))


FAULT = Fault("packed", deliver)
