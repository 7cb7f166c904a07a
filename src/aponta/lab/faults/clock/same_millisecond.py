"""Some items have exactly the time of the item before: a time is no key."""

from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, with_changed_items


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    second = range(1, len(hour.items), 4)
    told = {index: hour.items[index]._replace(produced_ms=hour.items[index - 1].produced_ms) for index in second}
    rows = {
        index: hour.form.put(hour.rows[index], "produced_at", hour.form.time_text(item.produced_ms))
        for index, item in told.items()
    }
    return with_changed_items(hour, chance, told, rows)


FAULT = Fault("same_millisecond", deliver, suits=lambda form: form.step_ms == 1)  # else many of them are
