"""A machine's file lies in the folder under another machine's name: which of the two is right, nobody may guess."""

from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, refused_file


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    code = hour.machine.code
    other = hour.form.code.format(int("".join(filter(str.isdigit, code))) % 99 + 1)
    data = hour.written().replace(code.encode(), other.encode())
    return HourDelivery((refused_file(hour, "wrong_machine", data, chance),), covered=False)


FAULT = Fault("wrong_machine", deliver, suits=lambda form: form.names_machine)
