"""A row was broken over two lines, the second of which begins with a blank: the layout knows that, and joins them."""

from random import Random

from aponta.lab.delivery import Fault, FileDelivery, HourDelivery, SimulatedHour
from aponta.lab.form import FileForm

COMMENT = "comment = '^#'"
BEHIND = 3  # columns on the second line


def _suits(form: FileForm) -> bool:
    return form.cells.delimiter is not None and COMMENT in form.toml


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    rows, mark = list(hour.rows), hour.form.cells.delimiter or ""
    for index in chance.sample(range(len(rows)), 2):
        before, *after = rows[index].rsplit(mark, BEHIND)
        rows[index] = f"{before}{mark}{hour.form.newline} {mark.join(after)}"
    return HourDelivery((FileDelivery(hour.path, hour.written(rows), hour.after_end(chance)),))


FAULT = Fault(
    "wrapped_row",
    deliver,
    suits=_suits,
    form=lambda form: form.with_layout_edit(COMMENT, f"{COMMENT}\ncontinuation = '^ '"),
)
