"""A product's name has the delimiter in it, between quotes that the layout does not know: the row is set aside."""

from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, spoilt
from aponta.lab.form import Form


def suits(form: Form) -> bool:
    cells = form.cells
    return "product" in cells and cells.delimiter is not None and not cells.quote


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    chosen = chance.sample(range(len(hour.rows)), 2)
    name = f'"PNL{hour.form.cells.delimiter}20 AL"'
    return spoilt(
        hour, chance, "columns", {index: hour.form.put(hour.rows[index], "product", name) for index in chosen}
    )


FAULT = Fault("quoted_delimiter", deliver, suits=suits)
