"""The file lies in folders whose names have spaces and accents."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    path = f"{hour.machine.area}/{hour.machine.name} – produção/{hour.path}"
    return HourDelivery((FileDelivery(path, hour.written(), hour.after_end(chance)),))


FAULT = Fault("accents_in_path", deliver)
