"""A row was broken over two lines, and nothing tells that they belong together: both are set aside."""

from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, spoilt


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    (index,) = chance.sample(range(len(hour.rows)), 1)
    assert hour.form.broken is not None, "it suits no other"
    return spoilt(hour, chance, "columns", {index: hour.form.broken(hour.rows[index])}, lines=2)


FAULT = Fault("broken_row", deliver, suits=lambda form: form.broken is not None)
