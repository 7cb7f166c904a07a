"""What is really true, told from the simulated items by simple arithmetic of its own.

Nothing here comes from the pipeline: whoever computes the same numbers by another way has them right. A stop (`stops`
has their rules) is spread over the hours that it touches, on the product that was in force as it began.

`truth.json` holds lists of rows, with times such as "2026-03-02T10:00:00.250Z":

    totals        items, good, scrap, rework, unknown (no quality), counter_sum, unseen (passed over by the counter),
                  withheld, stops
    hours         machine, hour, covered (a good file came), held (not to be declared), and the counts of the totals
    production    machine, product, hour, shift, production_day, quality, pieces
    oee           the columns of kpi.oee
    stops         machine, started_at, ended_at, ms (net), kind (as in silver.stops), told (by the machine itself),
                  reason (that it tells; else that the simulator knows)
    states        machine, started_at, state (what it means for a stop), code (as the machine calls it), reason
    stock         product (the stock system's code), location, pieces
    rejected      product, quality, pieces: what the stock system cannot be told, since nobody knows the product
    failures      machine, failed_at, repaired_at, component
    withheld      machine, hour, file, counter (none: the whole file), items, reason
    faults        fault, number (the same for all hours of one), machine, hour
    files         status -> how many
    refused       reason -> how many files were set aside whole
    set_aside     reason -> how many rows were
    flagged       flags -> how many files have them
    made_with     the arguments
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aponta.lab.simulation.machine import Failure, Pause
from aponta.lab.simulation.shifts import HOUR, hours_of, local
from aponta.lab.truth.stops import Span, Stop, both, busy_time, overlap, stops
from aponta.lab.truth.witness import OFF_CALENDAR, HourCount, Witness

Row = dict[str, Any]
TIMES = (
    "calendar_ms",
    "planned_ms",
    "planned_down_ms",
    "run_ms",
    "setup_ms",
    "failure_ms",
    "stop_ms",
    "micro_stop_ms",
    "external_ms",
    "unknown_ms",
)
COUNTS = ("ideal_ms_produced", "ideal_ms_good", "produced", "good", "scrap", "rework", "unclassified")
TIME_OF = {
    "changeover": "setup_ms",
    "stop": "stop_ms",
    "micro_stop": "micro_stop_ms",
    "failure": "failure_ms",
    "external": "external_ms",
}
SAYS_NOTHING = "unknown"  # a state whose code is in no list
PRODUCTION = ("machine", "product", "hour", "shift", "production_day", "quality", "pieces")
OEE = ("machine", "product", "hour", "shift", "production_day", *TIMES, *COUNTS)


def instant(ms: int) -> str:
    """As `aponta sql` writes a time, with milliseconds where there are some."""
    text = datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{ms % 1000:03d}Z" if ms % 1000 else f"{text}Z"


def tell(
    witness: Witness, pauses: Sequence[Pause], failures: Sequence[Failure], means: Mapping[str, str] | None = None
) -> dict[str, list[Row]]:
    """All that is true of one machine, as rows of `truth.json`; `pauses` in order. means: of each state that it tells
    of itself, what that is for a stop.
    """
    code, means = witness.machine.code, means or {}
    busy = busy_time(witness)
    stood = stops(witness, busy, pauses, means)
    facts = _yield(witness, busy, stood)
    days = {(hour, shift.name): str(shift.day) for shift in witness.shifts for hour in hours_of([shift])}
    days |= {(hour, OFF_CALENDAR): str(local(hour).date()) for hour in witness.hours}
    covered = set(witness.covered)
    return {
        "hours": [
            {"machine": code, "hour": instant(hour), "covered": hour in covered, "held": hour in witness.held}
            | vars(count)
            for hour, count in witness.hours.items()
        ],
        "production": [
            _place(code, product, hour, shift, days) | {"quality": quality, "pieces": pieces}
            for (product, hour, shift, quality), pieces in sorted(witness.made.items(), key=lambda made: made[0][1:])
        ],
        "oee": [
            _place(code, product, hour, shift, days) | {column: fact[column] for column in (*TIMES, *COUNTS)}
            for (product, hour, shift), fact in sorted(facts.items(), key=lambda fact: fact[0][1:])
        ],
        "stops": [
            {
                "machine": code,
                "started_at": instant(stop.start),
                "ended_at": instant(stop.end),
                "ms": stop.ms,
                "kind": stop.kind,
                "reason": stop.reason,
                "told": stop.told,
            }
            for stop in stood
        ],
        "states": [
            {
                "machine": code,
                "started_at": instant(one.at_ms),
                "state": means.get(one.state, SAYS_NOTHING),
                "code": one.state,
                "reason": one.reason or None,
            }
            for one in {one.at_ms: one for one in sorted(witness.told, key=lambda one: one.at_ms)}.values()
        ],
        "stock": [
            {"product": product, "location": place, "pieces": pieces}
            for (product, place), pieces in _stock(witness).items()
        ],
        "rejected": [
            {"product": product, "quality": quality, "pieces": pieces}
            for (product, quality), pieces in _rejected(witness).items()
        ],
        "failures": [
            {
                "machine": code,
                "failed_at": instant(failure.failed_ms),
                "repaired_at": instant(failure.repaired_ms),
                "component": failure.component,
            }
            for failure in failures
        ],
    }


def whole(
    testimonies: Iterable[Mapping[str, list[Row]]], stock_codes: Mapping[str, str], locations: Mapping[str, str]
) -> dict[str, Any]:
    """The plant's truth: the machines' rows one after the other, stock added up in the stock system's words, totals."""
    truth: dict[str, Any] = {"totals": {}}
    for one in testimonies:
        for name, rows in one.items():
            truth.setdefault(name, []).extend(rows)
    stock: Counter[tuple[str, str]] = Counter()
    for row in truth["stock"]:
        stock[stock_codes[row["product"]], locations[row["location"]]] += row["pieces"]
    truth["stock"] = [
        {"product": product, "location": location, "pieces": pieces}
        for (product, location), pieces in sorted(stock.items())
    ]
    truth["totals"] = {name: sum(row[name] for row in truth["hours"]) for name in vars(HourCount())}
    truth["totals"] |= {
        "stops": len(truth["stops"]),
        "withheld": sum(row["items"] for row in truth.get("withheld", ())),
    }
    return truth


def _place(machine: str, product: str, hour: int, shift: str, days: Mapping[tuple[int, str], str]) -> Row:
    day = days[hour, shift]
    return {"machine": machine, "product": product, "hour": instant(hour), "shift": shift, "production_day": day}


def _yield(
    witness: Witness, busy: Mapping[int, list[Span]], stood: Sequence[Stop]
) -> dict[tuple[str, int, str], Counter[str]]:
    """Times and counts per product in force, hour and shift, from the first hour that came to the last."""
    facts: dict[tuple[str, int, str], Counter[str]] = defaultdict(Counter)
    if not witness.reigns:
        return facts
    first, end = witness.reported[0], witness.reported[1] + HOUR
    until = [since for since, _ in witness.reigns[1:]] + [end]
    for shift in witness.shifts:
        for hour in range(max(first, shift.start_ms // HOUR * HOUR), min(end, shift.end_ms), HOUR):
            planned = both((hour, hour + HOUR), (shift.start_ms, shift.end_ms))
            for (since, product), ended in zip(witness.reigns, until, strict=True):
                start, stop = both(planned, (since, ended))
                if start < stop:
                    fact = facts[product, hour, shift.name]
                    idle = overlap((start, stop), shift.idle) if hour in busy else 0
                    fact["calendar_ms"] += stop - start
                    fact["planned_ms"] += stop - start
                    fact["planned_down_ms"] += idle
                    fact["run_ms" if hour in busy else "unknown_ms"] += stop - start - idle
    for each in stood:
        for shift in witness.shifts:
            start, stop = both((each.start, each.end), (shift.start_ms, shift.end_ms))
            for hour in range(start // HOUR * HOUR, stop, HOUR):
                if ms := overlap((start, stop), busy.get(hour, ())):
                    facts[each.product, hour, shift.name][TIME_OF[each.kind]] += ms
                    facts[each.product, hour, shift.name]["run_ms"] -= ms
    for (product, hour, name, quality), pieces in witness.made.items():
        fact, ideal_ms = facts[product, hour, name], pieces * witness.machine.ideal_ms.get(product, 0)
        fact["produced"] += pieces
        fact["unclassified" if quality == "unknown" else quality] += pieces
        fact["ideal_ms_produced"] += ideal_ms
        fact["ideal_ms_good"] += ideal_ms if quality == "good" else 0
    for hour in {hour for _, hour, name, _ in witness.made if name == OFF_CALENDAR}:
        for (since, product), ended in zip(witness.reigns, until, strict=True):
            start, stop = both((hour, hour + HOUR), (since, ended))
            if start < stop:
                facts[product, hour, OFF_CALENDAR]["calendar_ms"] += stop - start
    return facts


def _stock(witness: Witness) -> Counter[tuple[str, str]]:
    """Good pieces where the machine's goods go, scrap to scrap, rework nowhere; nothing of a held hour, nor of what
    nobody knows.
    """
    stock: Counter[tuple[str, str]] = Counter()
    place_of = {"good": witness.machine.stock, "scrap": "scrap"}
    for (product, hour, _, quality), pieces in witness.made.items():
        if quality in place_of and hour not in witness.held and product in witness.machine.ideal_ms:
            stock[product, place_of[quality]] += pieces
    return stock


def _rejected(witness: Witness) -> Counter[tuple[str, str]]:
    """Good pieces and scrap of products that are in no list."""
    rejected: Counter[tuple[str, str]] = Counter()
    for (product, hour, _, quality), pieces in witness.made.items():
        if quality in ("good", "scrap") and hour not in witness.held and product not in witness.machine.ideal_ms:
            rejected[product, quality] += pieces
    return rejected
