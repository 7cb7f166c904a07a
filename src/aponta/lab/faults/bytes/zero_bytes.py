"""The file was opened, and nothing was written: no byte. Every other one comes whole, hours later."""

from random import Random

from aponta.lab.delivery import AGAIN, Fault, FileDelivery, HourDelivery, SimulatedHour, refused_file


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    empty = refused_file(hour, "empty", b"", chance)
    if hour.turn % 2:
        return HourDelivery((empty,), covered=False)
    return HourDelivery((empty, FileDelivery(AGAIN + hour.path, hour.written(), hour.after_end(chance, 3_600, 30_000))))


FAULT = Fault("zero_bytes", deliver, at_least=2)
