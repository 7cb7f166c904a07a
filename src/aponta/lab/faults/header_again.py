"""The machine's control started anew in mid-hour, and wrote its header once more."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour
from aponta.lab.text import head


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    half = len(hour.rows) // 2
    again = head(hour.machine, hour.start_ms, hour.product)
    rows = [*hour.rows[:half], *again, *hour.rows[half:]]
    return Delivered((Delivery(hour.name, hour.written(rows, len(hour.rows)), hour.after_end(chance)),))


FAULT = Fault("header_again", deliver)
