"""Zero bytes in mid-file: a failing disk. Every other file comes again, whole, hours later."""

from random import Random

from aponta.lab.delivery import AGAIN, Fault, FileDelivery, HourDelivery, SimulatedHour, refused_file


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    whole = hour.written()
    half = len(whole) // 2
    lost = min(512, half - 1)  # at the very end they were padding
    torn = whole[:half] + bytes(lost) + whole[half + lost :]
    first = refused_file(hour, "nul", torn, chance)
    if hour.turn % 2:
        return HourDelivery((first,), covered=False)
    return HourDelivery((first, FileDelivery(AGAIN + hour.path, whole, hour.after_end(chance, 3_600, 30_000))))


FAULT = Fault("nul_inside", deliver, at_least=2)
