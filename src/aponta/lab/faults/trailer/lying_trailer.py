"""The trailer claims seven rows fewer, or more, than there are.

The items count, but nothing is declared to stock before a person has looked.
"""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour

LIE = 7


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    claimed = len(hour.rows) + (LIE if hour.turn % 2 else -LIE)
    return HourDelivery(
        (FileDelivery(hour.path, hour.written(trailer=claimed), hour.after_end(chance)),), stock_withheld=True
    )


FAULT = Fault("lying_trailer", deliver, per_week=1.0, needs=LIE, suits=lambda form: form.trailer is not None)
