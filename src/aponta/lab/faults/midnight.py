"""A row is told to be of 24:00:00, the midnight at the day's end: the next day's 00:00, outside the calendar."""

from datetime import timedelta
from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, retold
from aponta.lab.shifts import at, local
from aponta.lab.text import TIME, changed


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    last, day = len(hour.items) - 1, local(hour.start_ms).date()
    told = hour.items[last]._replace(produced_ms=at(day + timedelta(days=1), "00:00"))
    row = changed(hour.rows[last], TIME, f"{day:%d/%m/%Y} 24:00:00.000")
    return retold(hour, chance, {last: told}, {last: row})


FAULT = Fault("midnight", deliver, once=True)
