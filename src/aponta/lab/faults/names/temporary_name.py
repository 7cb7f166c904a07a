"""The file is copied from another disk: half of it is there under a temporary name, and stays so."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    data = hour.written()
    half = Delivery(f"{hour.path}.part", data[: len(data) // 2], hour.after_end(chance), None)
    return Delivered((half, Delivery(hour.path, data, hour.after_end(chance, 60, 120))))


FAULT = Fault("temporary_name", deliver)
