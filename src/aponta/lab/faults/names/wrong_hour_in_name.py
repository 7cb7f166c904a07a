"""The hour in the name is twelve away from that of the rows: the rows win, and the file is flagged."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour
from aponta.lab.simulation.shifts import to_local, to_ms


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    then = to_local(hour.start_ms)
    told_ms = to_ms(then.date(), f"{(then.hour + 12) % 24:02d}:00")
    path = hour.form.path(hour.machine.code, told_ms)
    return HourDelivery((FileDelivery(path, hour.written(), hour.after_end(chance), flags="hour_in_name"),))


FAULT = Fault("wrong_hour_in_name", deliver, suits=lambda form: form.names_hour)
