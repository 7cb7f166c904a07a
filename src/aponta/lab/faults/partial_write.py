"""The file was taken while the machine was still writing it; hours later it comes whole, under the same name."""

from random import Random

from aponta.lab.delivery import AGAIN, Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    half = len(hour.rows) // 2
    begun = hour.written(hour.rows[:half], trailer=None)
    next_row = hour.rows[half].encode("cp1252")
    first = Delivery(hour.name, begun + next_row[: len(next_row) // 2], hour.after_end(chance))
    whole = Delivery(AGAIN + hour.name, hour.written(), hour.after_end(chance, 3_600, 30_000), "version")
    return Delivered((first, whole), set_aside={"truncated": 1})


FAULT = Fault("partial_write", deliver)
