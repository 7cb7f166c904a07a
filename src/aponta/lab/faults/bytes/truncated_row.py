"""The computer lost power while writing: the file ends in the middle of its last row, without a trailer.

Every other one is healed later: the whole file is sent again. The others stay cut, and their last item is never
reported.
"""

from random import Random

from aponta.lab.delivery import AGAIN, Fault, FileDelivery, HourDelivery, SimulatedHour


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    form = hour.form
    last = form.encode(hour.rows[-1])
    counted = form.encode(hour.rows[-1].partition(str(hour.counters[-1]))[2])  # behind the counter, which stays
    lost = min(round(len(last) * chance.uniform(0.2, 0.5)), len(counted) - form.width) // form.width * form.width
    whole = hour.written(trailer=None).removesuffix(form.encode(form.newline))
    cut = FileDelivery(hour.path, whole[:-lost], hour.after_end(chance))
    if hour.turn % 2 == 0:
        again = FileDelivery(AGAIN + hour.path, hour.written(), hour.after_end(chance, 3_600, 30_000), "version")
        return HourDelivery((cut, again), set_aside={"truncated": 1})
    return HourDelivery((cut,), {len(hour.items) - 1: "truncated"}, set_aside={"truncated": 1})


FAULT = Fault("truncated_row", deliver, per_week=1.0, at_least=2)
