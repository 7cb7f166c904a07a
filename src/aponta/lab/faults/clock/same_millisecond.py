"""Some items are told to be of the very moment of the one before: a time is no key."""

from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, retold


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    second = range(1, len(hour.items), 4)
    told = {index: hour.items[index]._replace(produced_ms=hour.items[index - 1].produced_ms) for index in second}
    rows = {
        index: hour.form.put(hour.rows[index], "produced_at", hour.form.moment(item.produced_ms))
        for index, item in told.items()
    }
    return retold(hour, chance, told, rows)


FAULT = Fault("same_millisecond", deliver, suits=lambda form: form.step_ms == 1)  # else many of them are
