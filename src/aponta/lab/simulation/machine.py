"""One machine living through its shifts: a stream of what happens to it.

It runs, and makes items; it pauses - a hitch, a stop, a change of product -; and it wears: as a failure draws near,
temperature and vibration drift. Chance comes from (seed, machine) alone, so that a machine's life is the same in any
company and in any process.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from aponta.lab.simulation import nature
from aponta.lab.simulation.nature import MINUTE, SECOND, SPREAD, Noise
from aponta.lab.simulation.plant import SimulatedMachine
from aponta.lab.simulation.shifts import HOUR, SimulatedShift, running_times

SLICE = 5 * MINUTE  # for so long the sensors' mean stays as it is; divides the hour, so that a run lies in one hour
NEVER = 2**62
AMBIENT_C = 24.0
SCRAP_REWORK = (0.012, 0.006)  # shares while running well
AFTER_STOP = (0.12, 0.04)  # and in the first items after a stop


class SimulatedItem(NamedTuple):
    produced_ms: int  # end of its cycle
    cycle_ms: int
    product: str
    quality: str  # good, scrap, rework
    temperature: int  # hundredths of a degree Celsius
    vibration: int  # thousandths of a millimetre per second


@dataclass(frozen=True)
class MachinePause:
    started_ms: int
    ended_ms: int
    reason: str


@dataclass(frozen=True)
class ComponentFailure:
    failed_ms: int
    repaired_ms: int
    component: str


Event = list[SimulatedItem] | MachinePause | ComponentFailure


@dataclass(frozen=True)
class RunSetting:
    """The machine's behaviour for a slice of time."""

    product: str
    cycles_ms: Sequence[int]
    shares: tuple[float, float]  # of scrap, of rework
    temperature: int
    vibration: int


def machine_events(machine: SimulatedMachine, shifts: Sequence[SimulatedShift], seed: int) -> Iterator[Event]:
    """Events of the machine, in order: runs (lists of items, each within one UTC hour), pauses, failures."""
    chance = Random(f"{seed}/{machine.code}")
    type_, noise = nature.NATURES[machine.type], nature.noise_tables(chance)
    product = nature.pick(list(machine.ideal_ms), chance)
    cycles_ms = {each: noise.cycles_ms(ideal_ms) for each, ideal_ms in machine.ideal_ms.items()}
    part = nature.next_component(type_, chance)
    left = {  # running time until each kind of interruption
        "failure": round(part.life_ms * (1 - 0.9 * chance.random())),  # it is not new on the first day
        "changeover": nature.until_changeover(chance) if len(machine.ideal_ms) > 1 else NEVER,
        "hitch": nature.until_hitch(chance),
    }
    now = warm_since = unsteady_until = 0
    for opened, closed in running_times(shifts):
        if now >= closed:
            continue  # still under repair
        if opened - now > 4 * HOUR:
            warm_since = opened - 20 * MINUTE  # someone came earlier and heated it up
        started = opened + round(chance.uniform(2 * SECOND, 28 * SECOND))
        if started > now:
            yield MachinePause(max(opened, now), started, "start")
            now = started
        while now < closed:
            cause = min(left, key=left.__getitem__)
            began, until = now, min(closed, now + left[cause])
            draw, edge = chance.randrange(SPREAD), now
            while edge < until:
                unsteady = edge < unsteady_until
                edge = min(until, edge // SLICE * SLICE + SLICE, unsteady_until if unsteady else until)
                wear = part.wear(left["failure"] - (edge - began))
                warmth = 1 - math.exp((warm_since - edge) / (25 * MINUTE))
                celsius = AMBIENT_C + (type_.temperature_c - AMBIENT_C) * warmth + part.degrees * wear
                shaking = type_.vibration_mm_s * (1 + part.shaking * wear)
                shares = AFTER_STOP if unsteady else SCRAP_REWORK
                setting = RunSetting(product, cycles_ms[product], shares, round(100 * celsius), round(1000 * shaking))
                items, draw = _run(now, edge, draw, setting, noise, chance)
                if items:
                    yield items
                    now = items[-1].produced_ms
            for kind in left:
                left[kind] -= until - began
            now = until
            if left[cause] > 0:
                continue  # the line's break came first
            if cause == "failure":
                reason, pause_ms = "failure", round(chance.uniform(30 * MINUTE, 150 * MINUTE))
                yield ComponentFailure(until, until + pause_ms, part.name)
                part = nature.next_component(type_, chance)
                left["failure"] = part.life_ms
            elif cause == "changeover":
                reason, pause_ms = "changeover", round(chance.uniform(8 * MINUTE, 25 * MINUTE))
                product = nature.pick([other for other in machine.ideal_ms if other != product], chance)
                left["changeover"] = nature.until_changeover(chance)
            else:
                pause_ms, reason = nature.hitch(machine, machine.ideal_ms[product], chance)
                left["hitch"] = nature.until_hitch(chance)
            now += pause_ms
            yield MachinePause(until, now, reason)
            if pause_ms > 5 * MINUTE:
                unsteady_until = now + min(SLICE, 250 * machine.ideal_ms[product])


def _run(
    now: int, until: int, draw: int, setting: RunSetting, noise: Noise, chance: Random
) -> tuple[list[SimulatedItem], int]:
    """The items whose cycles, begun at `now` one right after the other, end before `until`; and the draw left over.

    The cycle that does not fit any more is handed back, so that the next slice goes on with it. Written for speed: a
    week of the case's factory is nearly nine million items.
    """
    items: list[SimulatedItem] = []
    add, random, new, item = items.append, chance.random, tuple.__new__, SimulatedItem
    product, cycles_ms, warmth, shaking = setting.product, setting.cycles_ms, noise.temperature, noise.vibration
    temperature, vibration = setting.temperature, setting.vibration
    scrap, bad = setting.shares[0], sum(setting.shares)
    end = now + cycles_ms[draw]
    while end < until:
        luck = random()
        quality = "good" if luck >= bad else "scrap" if luck < scrap else "rework"
        add(new(item, (end, cycles_ms[draw], product, quality, temperature + warmth[draw], vibration + shaking[draw])))
        draw = int(random() * SPREAD)
        end += cycles_ms[draw]
    return items, draw
