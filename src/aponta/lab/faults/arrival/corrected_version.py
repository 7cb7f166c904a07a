"""A first version with errors, and hours later the right one under the same name: items came, went and changed.

The first lacks three items, has two that never existed, and gives five a wrong quality. The second has more records, so
it is in force, whichever of the two arrives first.
"""

from random import Random

from aponta.lab.delivery import AGAIN, Fault, FileDelivery, HourDelivery, SimulatedHour

MISSING, PHANTOM, WRONG = 3, 2, 5


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    chosen = chance.sample(range(len(hour.rows)), MISSING + PHANTOM + WRONG)
    missing, phantom, wrong = chosen[:MISSING], chosen[MISSING : MISSING + PHANTOM], chosen[MISSING + PHANTOM :]
    rows: list[str] = []
    for index, row in enumerate(hour.rows):
        if index in missing:
            continue
        rows.append(_other_quality(hour, index) if index in wrong else row)
        if index in phantom:  # the same moment, but a counter that the machine will reach in a hundred years
            rows.append(hour.form.put(row, "counter", str(hour.counters[index] + hour.form.counters // 2)))
    first = FileDelivery(hour.path, hour.written(rows), hour.after_end(chance))
    again = FileDelivery(AGAIN + hour.path, hour.written(), hour.after_end(chance, 3_600, 30_000), "version")
    return HourDelivery((first, again))


def _other_quality(hour: SimulatedHour, index: int) -> str:
    """The row with another quality, if the form has qualities."""
    row, codes = hour.rows[index], hour.form.qualities
    other = "scrap" if hour.items[index].quality == "good" else "good"
    return hour.form.put(row, "quality", codes[other]) if codes else row


FAULT = Fault("corrected_version", deliver, per_week=1.0, needs=MISSING + PHANTOM + WRONG)
