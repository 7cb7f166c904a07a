"""An hour's file begins with the last rows of the hour before: the machine's buffer was not emptied."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour, as_it_should


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    if not (hour.before and hour.is_its_own):
        return as_it_should(hour, chance)
    (before,) = hour.before
    again = before.rows[len(before.rows) * 2 // 3 :]
    return Delivered((Delivery(hour.path, hour.written([*again, *hour.rows]), hour.after_end(chance)),))


FAULT = Fault("overlap", deliver, span="two")
