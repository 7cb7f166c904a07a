"""The file is UTF-8, its layout says cp1252.

Rows without accents are the same in both. In one with an accent two letters stand for it: a product that nobody knows,
or, where cp1252 has no such byte, a row set aside. Here it is the latter: Í is C3 8D, and 8D is none.
"""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour
from aponta.lab.text import PRODUCT, changed


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    rows = list(hour.rows)
    spoilt = chance.sample(range(len(rows)), 2)
    for index in spoilt:
        rows[index] = changed(rows[index], PRODUCT, "PORTA-PÃO-MÍNI")
    file = Delivery(hour.name, hour.written(rows, encoding="utf-8"), hour.after_end(chance))
    return Delivered((file,), dict.fromkeys(spoilt, "encoding"), set_aside={"encoding": len(spoilt)})


FAULT = Fault("other_encoding", deliver)
