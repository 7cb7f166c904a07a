"""A row has the time 24:00:00, the midnight at the day's end: the next day's 00:00, outside the calendar."""

from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, with_changed_items
from aponta.lab.form import EPOCH_MS


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    last = len(hour.items) - 1
    text, at_ms = hour.form.midnight(hour.start_ms)
    told = hour.items[last]._replace(produced_ms=at_ms)
    return with_changed_items(hour, chance, {last: told}, {last: hour.form.put(hour.rows[last], "produced_at", text)})


FAULT = Fault("midnight", deliver, once=True, suits=lambda form: form.clock != EPOCH_MS)
