"""A row was broken over two lines, the second of which begins with a blank: the layout knows that, and joins them."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour
from aponta.lab.form import Form

COMMENT = "comment = '^#'"
BEHIND = 3  # columns on the second line


def suits(form: Form) -> bool:
    return form.cells.delimiter is not None and COMMENT in form.toml


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    rows, mark = list(hour.rows), hour.form.cells.delimiter or ""
    for index in chance.sample(range(len(rows)), 2):
        before, *after = rows[index].rsplit(mark, BEHIND)
        rows[index] = f"{before}{mark}{hour.form.newline} {mark.join(after)}"
    return Delivered((Delivery(hour.path, hour.written(rows), hour.after_end(chance)),))


FAULT = Fault(
    "wrapped_row", deliver, suits=suits, form=lambda form: form.edited(COMMENT, f"{COMMENT}\ncontinuation = '^ '")
)
