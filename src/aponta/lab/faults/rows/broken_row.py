"""A row was broken over two lines, and nothing shows that they belong together: both are quarantined."""

from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, with_spoilt_rows


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    (index,) = chance.sample(range(len(hour.rows)), 1)
    assert hour.form.break_row is not None, "it suits no other"
    return with_spoilt_rows(hour, chance, "columns", {index: hour.form.break_row(hour.rows[index])}, lines=2)


FAULT = Fault("broken_row", deliver, suits=lambda form: form.break_row is not None)
