"""The clock's battery is empty: after a power cut it begins at 1 January 2000. Rows from then are set aside."""

from datetime import date
from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, spoilt, tail
from aponta.lab.shifts import at
from aponta.lab.text import TIME, changed, moment


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    since = at(date(2000, 1, 1), "00:00")
    rows = {
        index: changed(hour.rows[index], TIME, moment(since + hour.items[index].produced_ms - hour.start_ms))
        for index in tail(hour)
    }
    return spoilt(hour, chance, "clock", rows)


FAULT = Fault("clock_reset", deliver)
