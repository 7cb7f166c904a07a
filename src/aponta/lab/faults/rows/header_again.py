"""The machine's control started anew in mid-hour, and wrote its header once more."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    half = len(hour.rows) // 2
    assert hour.form.head is not None, "it suits no other"
    again = hour.form.head(hour.machine, hour.start_ms, hour.product)
    rows = [*hour.rows[:half], *again, *hour.rows[half:]]
    return Delivered((Delivery(hour.path, hour.written(rows, len(hour.rows)), hour.after_end(chance)),))


FAULT = Fault("header_again", deliver, suits=lambda form: form.head is not None)
