"""The file ends without a trailer, though its layout has one: its items count, and the hour is closed by time."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    return HourDelivery((FileDelivery(hour.path, hour.written(trailer=None), hour.after_end(chance)),))


FAULT = Fault("no_trailer", deliver, suits=lambda form: form.trailer is not None)
