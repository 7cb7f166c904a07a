"""An hour's file begins with the last rows of the hour before: the machine's buffer was not emptied."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour, deliver_normally


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    if not (hour.before and hour.is_its_own):
        return deliver_normally(hour, chance)
    (before,) = hour.before
    again = before.rows[len(before.rows) * 2 // 3 :]
    return HourDelivery((FileDelivery(hour.path, hour.written([*again, *hour.rows]), hour.after_end(chance)),))


FAULT = Fault("overlap", deliver, span="two")
