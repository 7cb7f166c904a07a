"""Zero bytes in mid-file: a failing disk. Every other file comes again, whole, hours later."""

from random import Random

from aponta.lab.delivery import AGAIN, Delivered, Delivery, Fault, MachineHour, refused


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    whole = hour.written()
    torn = whole[: len(whole) // 2] + bytes(512) + whole[len(whole) // 2 + 512 :]
    first = refused(hour, "nul", torn, chance)
    if hour.turn % 2:
        return Delivered((first,), covered=False)
    return Delivered((first, Delivery(AGAIN + hour.name, whole, hour.after_end(chance, 3_600, 30_000))))


FAULT = Fault("nul_inside", deliver, at_least=2)
