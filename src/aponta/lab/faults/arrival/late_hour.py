"""The network was down: the hour arrives one to three days late, and right."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour

DAY_S = 86_400


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    return Delivered((Delivery(hour.path, hour.written(), hour.after_end(chance, DAY_S, 3 * DAY_S)),))


FAULT = Fault("late_hour", deliver, per_week=1.0)
