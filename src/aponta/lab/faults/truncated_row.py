"""The computer lost power while writing: the file ends in the middle of its last row, without a trailer.

Every other one is healed later: the whole file is sent again. The others stay cut, and their last item is never told.
"""

from random import Random

from aponta.lab.delivery import AGAIN, Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    last = hour.rows[-1].encode("cp1252")
    lost = round(len(last) * chance.uniform(0.2, 0.5))  # what is left still tells machine and counter
    whole = hour.written(trailer=None).removesuffix(b"\r\n")
    cut = Delivery(hour.name, whole[:-lost], hour.after_end(chance))
    if hour.turn % 2 == 0:
        again = Delivery(AGAIN + hour.name, hour.written(), hour.after_end(chance, 3_600, 30_000), "version")
        return Delivered((cut, again), set_aside={"truncated": 1})
    return Delivered((cut,), {len(hour.items) - 1: "truncated"}, set_aside={"truncated": 1})


FAULT = Fault("truncated_row", deliver, per_week=1.0, at_least=2)
