"""The file was taken while the machine was still writing it; hours later it comes whole, under the same name."""

from random import Random

from aponta.lab.delivery import AGAIN, Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    half = len(hour.rows) // 2
    begun = hour.written(hour.rows[:half], trailer=None)
    next_row = hour.form.text(hour.rows[half])
    first = Delivery(
        hour.path, begun + next_row[: len(next_row) // 2 // hour.form.width * hour.form.width], hour.after_end(chance)
    )
    whole = Delivery(AGAIN + hour.path, hour.written(), hour.after_end(chance, 3_600, 30_000), "version")
    return Delivered((first, whole), set_aside={"truncated": 1})


FAULT = Fault("partial_write", deliver)
