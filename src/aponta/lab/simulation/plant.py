"""The case's factory as plain values: what the master data is written from, and what the machines obey.

Ten machines (up to 99) on two lines; eight household products; and one route on which an item passes two machines: the
first declares it as work in progress, the second as finished. All write as presses do, or in several forms by turns.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from aponta.errors import ConfigError

MOST_MACHINES = 99  # two digits in a machine's code, and so in its files' names
ITEMS_PER_HOUR = (20, 60_000)  # fewer are no mass production; with more, a whole millisecond is too coarse a cycle

MachineType = Literal["press", "injection", "assembly", "oven", "packing"]


@dataclass(frozen=True)
class SimulatedProduct:
    code: str
    name: str
    value_brl: str
    pace: float  # its ideal cycle, relative to the plant's mean

    @property
    def stock_code(self) -> str:
        """The product's code in the stock system: the departments' systems seldom use the machines' codes."""
        return self.code.replace("-", "")


@dataclass(frozen=True)
class SimulatedMachine:
    code: str
    name: str
    line: str
    area: str
    operation: str
    type: MachineType
    stock: Literal["finished", "intermediate"]
    ideal_ms: Mapping[str, int]  # per product it makes
    form: str = "press"  # of its files
    micro_stop_after_s: int | None = None
    stop_after_s: int | None = None


class FormOfMachines(Protocol):
    """The part of a form of file that describes the machines which write it."""

    @property
    def name(self) -> str: ...

    @property
    def code(self) -> str: ...

    @property
    def types(self) -> tuple[MachineType, ...]: ...


@dataclass(frozen=True)
class SimulatedPlant:
    machines: tuple[SimulatedMachine, ...]
    products: tuple[SimulatedProduct, ...]


PRODUCTS = (
    SimulatedProduct("PNL-20-AL", "Panela de alumínio 20 cm", "38.90", 0.98),
    SimulatedProduct("PNL-24-AL", "Panela de alumínio 24 cm", "49.90", 1.06),
    SimulatedProduct("FRG-22-AL", "Frigideira antiaderente 22 cm", "44.50", 0.94),
    SimulatedProduct("BAC-03-PP", "Bacia de plástico 3 L", "12.90", 0.90),
    SimulatedProduct("POT-01-PP", "Pote hermético 1 L - tampa âmbar", "9.75", 0.93),
    SimulatedProduct("JAR-02-PP", "Jarra de suco 2 L", "15.20", 1.00),
    SimulatedProduct("CHA-02-IN", "Chaleira de aço inoxidável 2 L", "89.00", 1.15),
    SimulatedProduct("GAR-01-IN", "Garrafa térmica 1 L - versão café", "74.30", 1.04),
)
BATCH = SimulatedProduct("FORNADA", "Fornada de esmalte", "120.00", 1.0)  # of an oven, whose recorder writes no product
MADE_BY: Mapping[MachineType, tuple[str, ...]] = {
    "press": ("PNL-20-AL", "PNL-24-AL", "FRG-22-AL"),
    "injection": ("BAC-03-PP", "POT-01-PP", "JAR-02-PP"),
    "assembly": ("CHA-02-IN", "GAR-01-IN", "JAR-02-PP"),
    "oven": (BATCH.code,),
    "packing": ("CHA-02-IN", "POT-01-PP", "PNL-24-AL"),
}
ON_THE_ROUTE = ("PNL-20-AL", "PNL-24-AL")  # pressed on one machine, fitted with handles on the next
NAMES: Mapping[MachineType, tuple[str, str, str]] = {  # name, area, operation: the factory's own words
    "press": ("Prensa", "Estamparia", "Estampar"),
    "injection": ("Injetora", "Injeção", "Injetar"),
    "assembly": ("Célula de montagem", "Montagem", "Montar"),
    "oven": ("Forno", "Esmaltação", "Esmaltar"),
    "packing": ("Embaladora", "Embalagem", "Embalar"),
}


def build_plant(machines: int, items_per_hour: int, forms: Sequence[FormOfMachines]) -> SimulatedPlant:
    """The plant of so many machines, whose mean ideal cycle is 3600 / `items_per_hour` seconds, in whole milliseconds.
    They take the forms of file by turns.

    Raises ConfigError `lab.machines` or `lab.items_per_hour` for what cannot be simulated.
    """
    if not 1 <= machines <= MOST_MACHINES:
        raise ConfigError("lab.machines", machines=machines, most=MOST_MACHINES)
    least, most = ITEMS_PER_HOUR
    if not least <= items_per_hour <= most:
        raise ConfigError("lab.items_per_hour", items_per_hour=items_per_hour, least=least, most=most)
    writes = [forms[number % len(forms)] for number in range(machines)]
    able = [number for number, form in enumerate(writes, start=1) if "press" in form.types]
    route = tuple(able[:5][-2:]) if len(able) > 1 else ()  # one machine alone has none
    made: list[SimulatedMachine] = []
    like: Counter[str] = Counter()
    for number, form in enumerate(writes, start=1):
        like[form.name] += 1
        made.append(_machine(number, form, form.code.format(like[form.name]), route, items_per_hour))
    bakes = any(BATCH.code in machine.ideal_ms for machine in made)
    return SimulatedPlant(tuple(made), (*PRODUCTS, BATCH) if bakes else PRODUCTS)


def _machine(
    number: int, form: FormOfMachines, code: str, route: tuple[int, ...], items_per_hour: int
) -> SimulatedMachine:
    type_ = form.types[(number - 1) % len(form.types)]
    if number in route:
        type_ = "press" if number == route[0] else "assembly"
    name, area, operation = NAMES[type_]
    makes = ON_THE_ROUTE if number in route else MADE_BY[type_]
    speed = (1.0, 1.02, 0.98)[number % 3]  # machines of one type are not twins
    mean_ms = 3_600_000 / items_per_hour
    return SimulatedMachine(
        code=code,
        name=f"{name} nº {number}",
        line="L1" if number % 2 else "L2",
        area=area,
        operation=operation,
        type=type_,
        stock="intermediate" if route and number == route[0] else "finished",
        ideal_ms={each.code: round(mean_ms * each.pace * speed) for each in (*PRODUCTS, BATCH) if each.code in makes},
        form=form.name,
        micro_stop_after_s=20 if number % 4 == 3 else None,
        stop_after_s=240 if number % 4 == 3 else None,
    )
