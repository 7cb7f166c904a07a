"""A product's name has the delimiter in it, between quotes that the layout does not know: the row is set aside."""

from random import Random

from aponta.lab.delivery import Delivered, Fault, MachineHour, spoilt
from aponta.lab.text import PRODUCT, changed


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    chosen = chance.sample(range(len(hour.rows)), 2)
    return spoilt(
        hour, chance, "columns", {index: changed(hour.rows[index], PRODUCT, '"PNL;20 AL"') for index in chosen}
    )


FAULT = Fault("quoted_delimiter", deliver)
