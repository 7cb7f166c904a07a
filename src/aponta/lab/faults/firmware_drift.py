"""New firmware writes a column more, or one less, towards the hour's end; then it is taken back."""

from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, spoilt, tail


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    rows = {index: hour.rows[index] for index in tail(hour)}
    if hour.turn % 2:
        return spoilt(hour, chance, "columns", {index: row.rpartition(";")[0] for index, row in rows.items()})
    return spoilt(hour, chance, "columns", {index: f"{row};OK" for index, row in rows.items()})


FAULT = Fault("firmware_drift", deliver, at_least=2)
