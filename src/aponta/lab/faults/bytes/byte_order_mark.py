"""The file begins with a byte order mark, as some editors write: it is none of the text."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    return HourDelivery((FileDelivery(hour.path, hour.written(encoding="utf-8-sig"), hour.after_end(chance)),))


FAULT = Fault("byte_order_mark", deliver, suits=lambda form: form.single_byte)
