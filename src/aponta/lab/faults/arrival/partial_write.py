"""The file was taken while the machine was still writing it; hours later it comes whole, under the same name."""

from random import Random

from aponta.lab.delivery import AGAIN, Fault, FileDelivery, HourDelivery, SimulatedHour


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    half = len(hour.rows) // 2
    begun = hour.written(hour.rows[:half], trailer=None)
    next_row = hour.form.encode(hour.rows[half])
    first = FileDelivery(
        hour.path, begun + next_row[: len(next_row) // 2 // hour.form.width * hour.form.width], hour.after_end(chance)
    )
    whole = FileDelivery(AGAIN + hour.path, hour.written(), hour.after_end(chance, 3_600, 30_000), "version")
    return HourDelivery((first, whole), set_aside={"truncated": 1})


FAULT = Fault("partial_write", deliver)
