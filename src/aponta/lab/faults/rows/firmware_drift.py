"""New firmware writes a column more, or one less, towards the hour's end; then it is taken back."""

from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, spoilt, tail


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    cells = hour.form.cells
    change = cells.shorter if hour.turn % 2 else cells.longer
    rows = {index: changed for index in tail(hour) if (changed := change(hour.rows[index])) is not None}
    return spoilt(hour, chance, "columns", rows)


FAULT = Fault("firmware_drift", deliver, at_least=2, suits=lambda form: form.cells.longer("") is not None)
