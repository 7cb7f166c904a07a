"""The nature of machine types: their temperature, vibration and life of parts, and the signs of a failing part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from aponta.lab.simulation.plant import MachineType, SimulatedMachine
from aponta.lab.simulation.shifts import HOUR

SECOND, MINUTE = 1000, 60_000
SPREAD = 4096  # length of the tables of noise: an item takes one place in them instead of drawing three numbers


@dataclass(frozen=True)
class MachineNature:
    """Life is a Weibull distribution over running time."""

    temperature_c: float
    vibration_mm_s: float
    life_h: float
    life_shape: float
    components: Mapping[str, tuple[float, float]]  # what each adds when it fails: degrees, and a share of the vibration


@dataclass(frozen=True)
class WearingComponent:
    """The one that fails next, after `life_ms` of running; the sensors drift in the last `drift_ms` of them."""

    name: str
    degrees: float
    shaking: float
    life_ms: int
    drift_ms: int

    def wear(self, left_ms: int) -> float:
        """0 while nothing is to be seen, 1 as it fails; with so much running time left."""
        return max(0.0, 1 - left_ms / self.drift_ms) ** 2


@dataclass(frozen=True)
class Noise:
    """Tables of an item's deviations: cycle (in deviations), hundredths of a degree, thousandths of a mm/s."""

    cycle: Sequence[float]
    temperature: Sequence[int]
    vibration: Sequence[int]

    def cycles_ms(self, ideal_ms: int) -> list[int]:
        """Most are slower than ideal, one in five is faster."""
        return [max(1, round(ideal_ms * min(1.25, max(0.93, 1.03 + 0.035 * each)))) for each in self.cycle]


NATURES: Mapping[MachineType, MachineNature] = {
    "press": MachineNature(58.0, 2.8, 62.0, 2.4, {"bearing": (6.0, 1.6), "hydraulics": (17.0, 0.4)}),
    "injection": MachineNature(122.0, 1.4, 75.0, 2.0, {"heater": (21.0, 0.1), "screw": (8.0, 1.2)}),
    "assembly": MachineNature(38.0, 0.9, 95.0, 1.8, {"gripper": (2.5, 1.9), "drive": (12.0, 0.9)}),
    "oven": MachineNature(181.0, 6.0, 110.0, 2.0, {"burner": (14.0, 0.2), "fan": (5.0, 0.8)}),  # no shaking: bar of gas
    "packing": MachineNature(31.0, 1.1, 90.0, 1.8, {"sealing bar": (11.0, 0.3), "drive": (6.0, 1.1)}),
}
JAMS = ("jam", "misfed part", "sensor blocked")
STOPS = ("no material", "no operator", "adjustment", "cleaning", "quality check", "waiting for the forklift")


def next_component(nature: MachineNature, chance: Random) -> WearingComponent:
    """The next to fail."""
    name = pick(list(nature.components), chance)
    life_h = chance.weibullvariate(nature.life_h, nature.life_shape)
    return WearingComponent(
        name, *nature.components[name], 1 + round(life_h * HOUR), round(chance.uniform(4, 14) * HOUR)
    )


def noise_tables(chance: Random) -> Noise:
    """Tables of nearly normal numbers, by sums alone: the logarithms of gauss() may differ by computer."""
    random = chance.random
    bells = [(random() + random() + random() + random() - 2) * 1.7320508 for _ in range(SPREAD)]
    half = SPREAD // 2
    return Noise(
        bells,
        [round(35 * each) for each in reversed(bells)],
        [round(45 * each) for each in bells[half:] + bells[:half]],
    )


def hitch(machine: SimulatedMachine, ideal_ms: int, chance: Random) -> tuple[int, str]:
    """Length (ms) and reason of an interruption: some too short to count, most a micro-stop, one in eight a stop."""
    micro_ms = (machine.micro_stop_after_s or max(30, 5 * ideal_ms / SECOND)) * SECOND
    stop_ms = max(micro_ms, (machine.stop_after_s or 300) * SECOND)
    kind = chance.random()
    if kind < 0.38:
        return round(micro_ms * chance.uniform(0.1, 0.8)), pick(JAMS, chance)
    if kind < 0.87:
        return round(chance.uniform(1.1 * micro_ms, max(1.3 * micro_ms, 0.5 * stop_ms))), pick(JAMS, chance)
    minutes = 6 + 54 * chance.random() * chance.random() * chance.random()
    return round(minutes * MINUTE), pick(STOPS, chance)


def until_hitch(chance: Random) -> int:
    """Running time (ms) to the next interruption."""
    return 1 + round(chance.expovariate(1 / (17 * MINUTE)))


def until_changeover(chance: Random) -> int:
    """Running time (ms) to the next change of product: two or three products a day."""
    return round(chance.uniform(230 * MINUTE, 480 * MINUTE))


def pick(names: Sequence[str], chance: Random) -> str:
    return names[chance.randrange(len(names))]
