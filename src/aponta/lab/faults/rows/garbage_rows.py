"""Noise on the line: rows of junk among the good ones, a few good ones spoilt; the trailer has the real number."""

from collections import Counter
from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour
from aponta.lab.form import FileForm


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    rows, cells, kinds = list(hour.rows), hour.form.cells, _spoilt(hour.form)
    chosen = chance.sample(range(len(rows)), len(kinds))
    reasons = {}
    for index, (reason, name, text) in zip(chosen, kinds, strict=True):
        row = rows[index]
        rows[index] = cells.put(row, name, text.format(cells.text(row, name))) if name else cells.shorter(row) or ""
        reasons[index] = reason
    junk = hour.form.noise(hour.machine.code, hour.rows[0], hour.product)
    for noise in junk:
        rows.insert(chance.randrange(len(rows) + 1), noise)
    data = hour.written(rows, len(hour.rows))
    set_aside = Counter([*reasons.values(), *junk.values()])
    return HourDelivery((FileDelivery(hour.path, data, hour.after_end(chance)),), reasons, set_aside=set_aside)


def _spoilt(form: FileForm) -> list[tuple[str, str, str]]:
    """Whatever of these can happen to its rows: why such a row is refused, which value is another text, made of the
    right one; none: the last one is missing.
    """
    other = "68.97" if form.decimal == "," else "68,97"
    return [
        ("number", form.numbers[0], "{0}x"),
        *([("number", form.numbers[1], other)] if form.decimal else []),
        ("time", "produced_at", form.impossible_time),
        *([("encoding", "product", "{0}" + form.stray)] if form.stray and "product" in form.cells else []),
        *([("columns", "", "")] if form.cells.shorter("") is not None else []),
    ]


FAULT = Fault("garbage_rows", deliver, per_week=1.0, needs=5)
