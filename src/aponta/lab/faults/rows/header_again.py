"""The machine's control restarted in mid-hour, and wrote its header once more."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    half = len(hour.rows) // 2
    assert hour.form.header is not None, "it suits no other"
    again = hour.form.header(hour.machine, hour.start_ms, hour.product)
    rows = [*hour.rows[:half], *again, *hour.rows[half:]]
    return HourDelivery((FileDelivery(hour.path, hour.written(rows, len(hour.rows)), hour.after_end(chance)),))


FAULT = Fault("header_again", deliver, suits=lambda form: form.header is not None)
