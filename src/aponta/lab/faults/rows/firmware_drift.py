"""New firmware writes a column more, or one less, towards the hour's end; then it is taken back."""

from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, last_items, with_spoilt_rows


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    cells = hour.form.cells
    change = cells.shorter if hour.turn % 2 else cells.longer
    rows = {index: changed for index in last_items(hour) if (changed := change(hour.rows[index])) is not None}
    return with_spoilt_rows(hour, chance, "columns", rows)


FAULT = Fault("firmware_drift", deliver, at_least=2, suits=lambda form: form.cells.longer("") is not None)
