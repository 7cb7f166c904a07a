"""A product's name has the delimiter in it, between quotes that the layout does not know: the row is quarantined."""

from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, with_spoilt_rows
from aponta.lab.form import FileForm


def _suits(form: FileForm) -> bool:
    cells = form.cells
    return "product" in cells and cells.delimiter is not None and not cells.quote


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    chosen = chance.sample(range(len(hour.rows)), 2)
    name = f'"PNL{hour.form.cells.delimiter}20 AL"'
    return with_spoilt_rows(
        hour, chance, "columns", {index: hour.form.put(hour.rows[index], "product", name) for index in chosen}
    )


FAULT = Fault("quoted_delimiter", deliver, suits=_suits)
