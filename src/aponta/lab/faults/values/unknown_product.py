"""A product that is in no list, or none at all: the items are kept, and their stock is rejected until it is mapped."""

from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, last_items, with_changed_items


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    written = "" if hour.turn % 2 else "PNL-99-XX"
    chosen = last_items(hour, 10)
    told = {index: hour.items[index]._replace(product=written or "unknown") for index in chosen}
    return with_changed_items(
        hour, chance, told, {index: hour.form.put(hour.rows[index], "product", written) for index in chosen}
    )


FAULT = Fault("unknown_product", deliver, at_least=2, suits=lambda form: "product" in form.cells)
