"""The file is copied from another disk: half of it is there under a temporary name, and stays so."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    data = hour.written()
    half = FileDelivery(f"{hour.path}.part", data[: len(data) // 2], hour.after_end(chance), None)
    return HourDelivery((half, FileDelivery(hour.path, data, hour.after_end(chance, 60, 120))))


FAULT = Fault("temporary_name", deliver)
