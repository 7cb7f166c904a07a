"""A row was broken over two lines, the second of which begins with a blank: the layout knows that, and joins them."""

from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    rows = list(hour.rows)
    for index in chance.sample(range(len(rows)), 2):
        before, after = rows[index].rsplit(";", 3)[0], rows[index].split(";", 5)[5]
        rows[index] = f"{before};\r\n {after}"
    return Delivered((Delivery(hour.name, hour.written(rows), hour.after_end(chance)),))


FAULT = Fault("wrapped_row", deliver, layout=(("comment = '^#'", "comment = '^#'\ncontinuation = '^ '"),))
