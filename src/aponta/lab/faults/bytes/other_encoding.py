"""The file is in another encoding than its layout declares: UTF-8 instead of cp1252, or the other way round.

Rows without accents are the same in both. In UTF-8 read as cp1252 two letters stand for one with an accent: a product
that nobody knows, or, where cp1252 has no such byte, a row quarantined. Here it is the latter: Í is C3 8D, 8D is none.
Text in cp1252 is no valid UTF-8 at all.
"""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour

OTHER = {"cp1252": "utf-8", "utf-8": "cp1252"}


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    rows = list(hour.rows)
    spoilt = chance.sample(range(len(rows)), 2)
    for index in spoilt:
        rows[index] = hour.form.put(rows[index], "product", "PORTA-PÃO-MÍNI")
    file = FileDelivery(hour.path, hour.written(rows, encoding=OTHER[hour.form.encoding]), hour.after_end(chance))
    return HourDelivery((file,), dict.fromkeys(spoilt, "encoding"), set_aside={"encoding": len(spoilt)})


FAULT = Fault("other_encoding", deliver, suits=lambda form: form.encoding in OTHER)
