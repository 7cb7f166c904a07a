"""A quality code that the layout does not declare: the item is kept as unknown, flagged, and is nobody's stock."""

from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, with_changed_items


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    chosen = chance.sample(range(len(hour.items)), 2)
    told = {index: hour.items[index]._replace(quality="unknown") for index in chosen}
    return with_changed_items(
        hour, chance, told, {index: hour.form.put(hour.rows[index], "quality", "X") for index in chosen}
    )


FAULT = Fault("unknown_quality", deliver, suits=lambda form: "quality" in form.cells)
