"""A value is written with a decimal point, one with a point between thousands: each could be read as another number."""

from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, with_spoilt_rows

WRITTEN = {",": ("68.97", "1.234,5"), ".": ("68,97", "1,234.5")}


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    form, (point_text, thousands_text) = hour.form, WRITTEN[hour.form.decimal]
    point, thousands = chance.sample(range(len(hour.rows)), 2)
    rows = {
        point: form.put(hour.rows[point], form.numbers[1], point_text),
        thousands: form.put(hour.rows[thousands], form.numbers[0], thousands_text),
    }
    return with_spoilt_rows(hour, chance, "number", rows)


FAULT = Fault("mixed_decimals", deliver, suits=lambda form: form.decimal in WRITTEN)
