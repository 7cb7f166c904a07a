"""The name ends otherwise, as in .dat, since a change at the machine: no layout reads such names."""

from random import Random

from aponta.lab.delivery import Fault, HourDelivery, SimulatedHour, refused_file


def _renamed(name: str) -> str:
    stem, _, extension = name.rpartition(".")
    if extension.isdigit():  # the extension is an hour
        stem = name
    return f"{stem}.bak" if extension.lower() == "dat" else f"{stem}.dat"


def deliver(hour: SimulatedHour, chance: Random) -> HourDelivery:
    path = hour.form.renamed_path(hour.path, _renamed)
    return HourDelivery((refused_file(hour, "no_layout", hour.written(), chance, path),), covered=False)


FAULT = Fault("other_extension", deliver)
