"""The name tells an hour twelve away from that of the rows: the rows win, and the file is flagged."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour
from aponta.lab.shifts import local


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    day, told = f"{local(hour.start_ms):%Y%m%d}", (local(hour.start_ms).hour + 12) % 24
    name = f"{hour.machine.code}_{day}_{told:02d}.txt"
    return Delivered((Delivery(name, hour.written(), hour.after_end(chance), flags="hour_in_name"),))


FAULT = Fault("wrong_hour_in_name", deliver)
