"""The truth about a simulated factory, computed from its items by simple arithmetic of its own.

Nothing here comes from the pipeline: equal numbers from another way of computing are right. A stop (`stops` has the
rules) is spread over the hours that it touches, as time of the product in force when it began.

`truth.json` holds lists of rows, with times such as "2026-03-02T10:00:00.250Z":

    totals        items, good, scrap, rework, unknown (no quality), counter_sum, unseen (skipped by the counter),
                  withheld, stops
    hours         machine, hour, covered (a good file came), held (not declared to stock), and the counts of the totals
    production    machine, product, hour, shift, production_day, quality, pieces
    oee           the columns of kpi.oee
    stops         machine, started_at, ended_at, ms (net), kind (as in silver.stops), told (reported by the machine),
                  reason (reported; else known to the simulator)
    states        machine, started_at, state (its meaning for a stop), code (the machine's word), reason
    stock         product (the stock system's code), location, pieces
    rejected      product, quality, pieces: not declared, since the product is in no list
    failures      machine, failed_at, repaired_at, component
    withheld      machine, hour, file, counter (none: the whole file), items, reason
    faults        fault, number (the same for all hours of one fault), machine, hour
    files         status -> how many
    refused       reason -> how many files were quarantined whole
    set_aside     reason -> how many rows were quarantined
    flagged       flags -> how many files have them
    made_with     the arguments
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aponta.lab.simulation.machine import ComponentFailure, MachinePause
from aponta.lab.simulation.shifts import HOUR, hours_of_shifts, to_local
from aponta.lab.truth.observer import OFF_CALENDAR, HourCounts, Observer
from aponta.lab.truth.stops import Span, TrueStop, busy_time, intersection, overlap, true_stops

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
UNKNOWN_STATE = "unknown"  # a state whose code is in no list
PRODUCTION = ("machine", "product", "hour", "shift", "production_day", "quality", "pieces")
OEE = ("machine", "product", "hour", "shift", "production_day", *TIMES, *COUNTS)


def instant(ms: int) -> str:
    """A time (ms) as `aponta sql` writes it, with milliseconds unless they are 0."""
    text = datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{ms % 1000:03d}Z" if ms % 1000 else f"{text}Z"


def truth_of_machine(
    observer: Observer,
    pauses: Sequence[MachinePause],
    failures: Sequence[ComponentFailure],
    state_meanings: Mapping[str, str] | None = None,
) -> dict[str, list[Row]]:
    """The truth about one machine, as rows of `truth.json`; `pauses` in order. state_meanings: state that it reports ->
    its meaning for a stop.
    """
    code, meanings = observer.machine.code, state_meanings or {}
    busy = busy_time(observer)
    stops = true_stops(observer, busy, pauses, meanings)
    facts = _yield(observer, busy, stops)
    days = {(hour, shift.name): str(shift.day) for shift in observer.shifts for hour in hours_of_shifts([shift])}
    days |= {(hour, OFF_CALENDAR): str(to_local(hour).date()) for hour in observer.hours}
    covered = set(observer.covered)
    return {
        "hours": [
            {"machine": code, "hour": instant(hour), "covered": hour in covered, "held": hour in observer.withheld}
            | vars(count)
            for hour, count in observer.hours.items()
        ],
        "production": [
            _place(code, product, hour, shift, days) | {"quality": quality, "pieces": pieces}
            for (product, hour, shift, quality), pieces in sorted(
                observer.production.items(), key=lambda produced: produced[0][1:]
            )
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
                "told": stop.reported,
            }
            for stop in stops
        ],
        "states": [
            {
                "machine": code,
                "started_at": instant(report.at_ms),
                "state": meanings.get(report.state, UNKNOWN_STATE),
                "code": report.state,
                "reason": report.reason or None,
            }
            for report in {each.at_ms: each for each in sorted(observer.states, key=lambda each: each.at_ms)}.values()
        ],
        "stock": [
            {"product": product, "location": place, "pieces": pieces}
            for (product, place), pieces in _stock(observer).items()
        ],
        "rejected": [
            {"product": product, "quality": quality, "pieces": pieces}
            for (product, quality), pieces in _rejected(observer).items()
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


def truth_of_plant(
    machines: Iterable[Mapping[str, list[Row]]], stock_codes: Mapping[str, str], locations: Mapping[str, str]
) -> dict[str, Any]:
    """The plant's truth: the rows of its machines together, stock added up by the stock system's codes, and totals."""
    truth: dict[str, Any] = {"totals": {}}
    for machine in machines:
        for name, rows in machine.items():
            truth.setdefault(name, []).extend(rows)
    stock: Counter[tuple[str, str]] = Counter()
    for row in truth["stock"]:
        stock[stock_codes[row["product"]], locations[row["location"]]] += row["pieces"]
    truth["stock"] = [
        {"product": product, "location": location, "pieces": pieces}
        for (product, location), pieces in sorted(stock.items())
    ]
    truth["totals"] = {name: sum(row[name] for row in truth["hours"]) for name in vars(HourCounts())}
    truth["totals"] |= {
        "stops": len(truth["stops"]),
        "withheld": sum(row["items"] for row in truth.get("withheld", ())),
    }
    return truth


def _place(machine: str, product: str, hour: int, shift: str, days: Mapping[tuple[int, str], str]) -> Row:
    day = days[hour, shift]
    return {"machine": machine, "product": product, "hour": instant(hour), "shift": shift, "production_day": day}


def _yield(
    observer: Observer, busy: Mapping[int, list[Span]], stops: Sequence[TrueStop]
) -> dict[tuple[str, int, str], Counter[str]]:
    """Times and counts per product in force, hour and shift, from the first observed hour to the last."""
    facts: dict[tuple[str, int, str], Counter[str]] = defaultdict(Counter)
    if not observer.product_changes:
        return facts
    first, end = observer.reported[0], observer.reported[1] + HOUR
    until = [since for since, _ in observer.product_changes[1:]] + [end]
    for shift in observer.shifts:
        for hour in range(max(first, shift.start_ms // HOUR * HOUR), min(end, shift.end_ms), HOUR):
            planned = intersection((hour, hour + HOUR), (shift.start_ms, shift.end_ms))
            for (since, product), ended in zip(observer.product_changes, until, strict=True):
                start, stop = intersection(planned, (since, ended))
                if start < stop:
                    fact = facts[product, hour, shift.name]
                    idle = overlap((start, stop), shift.idle) if hour in busy else 0
                    fact["calendar_ms"] += stop - start
                    fact["planned_ms"] += stop - start
                    fact["planned_down_ms"] += idle
                    fact["run_ms" if hour in busy else "unknown_ms"] += stop - start - idle
    for each in stops:
        for shift in observer.shifts:
            start, stop = intersection((each.start, each.end), (shift.start_ms, shift.end_ms))
            for hour in range(start // HOUR * HOUR, stop, HOUR):
                if ms := overlap((start, stop), busy.get(hour, ())):
                    facts[each.product, hour, shift.name][TIME_OF[each.kind]] += ms
                    facts[each.product, hour, shift.name]["run_ms"] -= ms
    for (product, hour, name, quality), pieces in observer.production.items():
        fact, ideal_ms = facts[product, hour, name], pieces * observer.machine.ideal_ms.get(product, 0)
        fact["produced"] += pieces
        fact["unclassified" if quality == "unknown" else quality] += pieces
        fact["ideal_ms_produced"] += ideal_ms
        fact["ideal_ms_good"] += ideal_ms if quality == "good" else 0
    for hour in {hour for _, hour, name, _ in observer.production if name == OFF_CALENDAR}:
        for (since, product), ended in zip(observer.product_changes, until, strict=True):
            start, stop = intersection((hour, hour + HOUR), (since, ended))
            if start < stop:
                facts[product, hour, OFF_CALENDAR]["calendar_ms"] += stop - start
    return facts


def _stock(observer: Observer) -> Counter[tuple[str, str]]:
    """(product, location) -> pieces: good pieces by the machine's kind, scrap to scrap, rework nowhere; nothing of a
    withheld hour, nor of an unknown product.
    """
    stock: Counter[tuple[str, str]] = Counter()
    place_of = {"good": observer.machine.stock, "scrap": "scrap"}
    for (product, hour, _, quality), pieces in observer.production.items():
        if quality in place_of and hour not in observer.withheld and product in observer.machine.ideal_ms:
            stock[product, place_of[quality]] += pieces
    return stock


def _rejected(observer: Observer) -> Counter[tuple[str, str]]:
    """Good pieces and scrap of products that are in no list."""
    rejected: Counter[tuple[str, str]] = Counter()
    for (product, hour, _, quality), pieces in observer.production.items():
        if quality in ("good", "scrap") and hour not in observer.withheld and product not in observer.machine.ideal_ms:
            rejected[product, quality] += pieces
    return rejected
