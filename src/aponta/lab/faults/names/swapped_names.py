"""Two machines' files of one hour carry each other's name.

The header names the other machine; nobody may guess which of the two is right, so both are refused.
"""

from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, deliver_normally, refused_file


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    assert hour.peer is not None, "planned for two machines"
    if not hour.is_written:
        return deliver_normally(hour, chance)
    wrong = hour.form.path(hour.peer.code, hour.start_ms)
    return HourDelivery((refused_file(hour, "wrong_machine", hour.written(), chance, wrong),), covered=False)


FAULT = Fault("swapped_names", deliver, span="pair", per_week=0.5, needs=0, suits=lambda form: form.names_machine)
