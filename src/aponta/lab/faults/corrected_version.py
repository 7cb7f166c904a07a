"""A first version with errors, and hours later the right one under the same name: items came, went and changed.

The first lacks three items, tells two that never were, and gives five a wrong quality. The second has more records, so
it is in force, whichever of the two arrives first.
"""

from random import Random

from aponta.lab.delivery import AGAIN, Delivered, Delivery, Fault, MachineHour

MISSING, PHANTOM, WRONG = 3, 2, 5


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    chosen = chance.sample(range(len(hour.rows)), MISSING + PHANTOM + WRONG)
    missing, phantom, wrong = chosen[:MISSING], chosen[MISSING : MISSING + PHANTOM], chosen[MISSING + PHANTOM :]
    rows: list[str] = []
    for index, row in enumerate(hour.rows):
        if index in missing:
            continue
        rows.append(_other_quality(row) if index in wrong else row)
        if index in phantom:
            rows.append(_one_that_never_was(row))
    first = Delivery(hour.name, hour.written(rows), hour.after_end(chance))
    again = Delivery(AGAIN + hour.name, hour.written(), hour.after_end(chance, 3_600, 30_000), "version")
    return Delivered((first, again))


def _other_quality(row: str) -> str:
    return row.replace(";A;", ";R;", 1) if ";A;" in row else row.replace(";R;", ";A;", 1).replace(";T;", ";A;", 1)


def _one_that_never_was(row: str) -> str:
    """The same moment, but a counter that the machine will reach in a hundred years."""
    machine, counter, rest = row.split(";", 2)
    return f"{machine};{int(counter) + 500_000_000_000};{rest}"


FAULT = Fault("corrected_version", deliver, per_week=1.0, needs=MISSING + PHANTOM + WRONG)
