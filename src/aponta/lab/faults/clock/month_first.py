"""New firmware writes the month before the day, towards the hour's end.

If the result is a date as well, the row is of a day that nobody meant; only a day before the machine was installed, or
in the future, can be recognized as wrong. The fault falls only on hours where it can.
"""

from datetime import date, timedelta
from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, last_items, with_spoilt_rows
from aponta.lab.masterdata import INSTALLED
from aponta.lab.simulation.shifts import to_local


def _swapped(day: date) -> date | None:
    """As it is read; None: it is no date."""
    return date(day.year, day.day, day.month) if day.day <= 12 else None


def _fits(hour_ms: int, first_day: date) -> bool:
    read = _swapped(to_local(hour_ms).date())
    return read is None or read < first_day - timedelta(days=INSTALLED)


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    day = to_local(hour.start_ms).date()
    clock = hour.form.clock.replace("%d", "%D").replace("%m", "%d").replace("%D", "%m")
    rows = {
        index: hour.form.put(hour.rows[index], "produced_at", hour.form.time_text(hour.items[index].produced_ms, clock))
        for index in last_items(hour)
    }
    return with_spoilt_rows(hour, chance, "clock" if _swapped(day) else "time", rows)


FAULT = Fault("month_first", deliver, fits=_fits, suits=lambda form: form.clock.startswith("%d"))
