"""The file ends without a trailer, though its layout has one: its items count, and the hour is closed by time."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    return Delivered((Delivery(hour.path, hour.written(trailer=None), hour.after_end(chance)),))


FAULT = Fault("no_trailer", deliver, suits=lambda form: form.end is not None)
