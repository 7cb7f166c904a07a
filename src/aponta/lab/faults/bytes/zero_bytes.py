"""The file was opened, and nothing was written: no byte. Every other one comes whole, hours later."""

from random import Random

from aponta.lab.delivery import AGAIN, Delivered, Delivery, Fault, MachineHour, refused


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    empty = refused(hour, "empty", b"", chance)
    if hour.turn % 2:
        return Delivered((empty,), covered=False)
    return Delivered((empty, Delivery(AGAIN + hour.path, hour.written(), hour.after_end(chance, 3_600, 30_000))))


FAULT = Fault("zero_bytes", deliver, at_least=2)
