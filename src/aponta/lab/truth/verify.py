"""The truth against the tables: for each measure its true value, the tables' value, and where they differ."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from aponta.errors import ConfigError
from aponta.lab.truth.truth import TIMES, Row, instant

COUNTED = ("items", "good", "scrap", "rework", "unknown", "counter_sum")
COUNTS = {
    "files": "status as key, count(*) as n from silver.files where status <> 'retried'",  # a retried file came once
    "refused": "reason as key, count(*) as n from silver.files where status = 'quarantined'",
    "flagged": "flags as key, count(*) as n from silver.files where flags is not null",
    "set_aside": "reason as key, count(*) as n from silver.quarantine where row_no is not null",
}
IDEAL = ("ideal_ms_produced", "ideal_ms_good")
SHOWN = 5  # differing keys of a measure that are named
OEE_TOLERANCE = 1e-9

Query = Callable[[str], list[Row]]
Key = tuple[str, ...]
Values = Mapping[Key, Any]


@dataclass(frozen=True)
class Comparison:
    """One measure: its totals (the sum of numbers, else their count), how many keys differ, and the first of these."""

    measure: str
    truth: float
    tables: float
    differences: int
    examples: tuple[str, ...] = ()


def verify_truth(
    folder: Path, query: Query, on_hand: Callable[[], Mapping[tuple[str, str], float]]
) -> list[Comparison]:
    """Compares `folder`'s truth.json with the tables and with the stock system.

    `query` runs one SELECT (DuckDB's dialect) over silver, gold and kpi, and gives rows as `aponta sql --format json`
    does; `on_hand` gives {(product, location): quantity} as the stock system itself has it. A measure without a
    difference is right. Raises ConfigError `lab.no_truth` where the folder is not a simulated one.
    """
    path = folder / "truth.json"
    if not path.exists():
        raise ConfigError("lab.no_truth", folder=folder)
    truth = json.loads(path.read_text(encoding="utf-8"))
    return [
        *_items(truth, query),
        _production(truth, query),
        _stops(truth, query),
        _states(truth, query),
        *_times(truth, query),
        _stock(truth, on_hand()),
        _rejected(truth, query),
        *(_counted(truth, measure, query) for measure in COUNTS),
        _withheld(truth, query),
    ]


def compare_measure(measure: str, truth: Values, tables: Values, *, empty: Any = 0, tolerance: float = 0) -> Comparison:
    """Key by key; a key that one side lacks has the value `empty` there."""
    differing = []
    for key in sorted(truth.keys() | tables.keys()):
        right, actual = truth.get(key, empty), tables.get(key, empty)
        if right != actual and not (tolerance and None not in (right, actual) and abs(right - actual) <= tolerance):
            differing.append(f"{' '.join(key)}: {right} / {actual}")
    return Comparison(measure, _total(truth), _total(tables), len(differing), tuple(differing[:SHOWN]))


def _items(truth: Row, query: Query) -> Iterable[Comparison]:
    qualities = ", ".join(f"count(*) filter (where quality = '{each}') as {each}" for each in COUNTED[1:5])
    rows = query(
        f"select machine, hour, count(*) as items, {qualities}, cast(sum(counter) as bigint) as counter_sum"
        " from silver.items group by machine, hour"
    )
    for measure in COUNTED:
        yield compare_measure(measure, _by_hour(truth["hours"], measure), _by_hour(rows, measure))
    hours = query("select machine, hour, unseen from silver.hours where unseen > 0")
    yield compare_measure("unseen", _by_hour(truth["hours"], "unseen"), _by_hour(hours, "unseen"))


def _production(truth: Row, query: Query) -> Comparison:
    rows = query(
        "select machine, product, hour, quality, cast(sum(pieces) as bigint) as pieces from gold.production"
        " group by machine, product, hour, quality"
    )
    grain = ("machine", "product", "hour", "quality")
    return compare_measure("production", _sums(truth["production"], grain, "pieces"), _sums(rows, grain, "pieces"))


def _stops(truth: Row, query: Query) -> Comparison:
    rows = query("select machine, started_at, ended_at, ms, kind, reason, reason is not null as told from silver.stops")
    return compare_measure("stops", _intervals(truth["stops"]), _intervals(rows), empty=None)


def _states(truth: Row, query: Query) -> Comparison:
    rows = query("select machine, started_at, state, code, reason from silver.states")
    return compare_measure("states", _starts(truth["states"]), _starts(rows), empty=None)


def _times(truth: Row, query: Query) -> Iterable[Comparison]:
    sums = ", ".join(f"cast(sum({column}) as bigint) as {column}" for column in (*TIMES, *IDEAL))
    rows = query(f"select machine, hour, {sums} from kpi.oee group by machine, hour")
    for measure in (*TIMES, *IDEAL):
        yield compare_measure(measure, _by_hour(truth["oee"], measure), _by_hour(rows, measure))
    per_hour = compare_measure("oee", _oee(truth["oee"]), _oee(rows), empty=None, tolerance=OEE_TOLERANCE)
    yield replace(per_hour, truth=_oee(truth["oee"], ())[()] or 0, tables=_oee(rows, ()).get(()) or 0)


def _stock(truth: Row, on_hand: Mapping[tuple[str, str], float]) -> Comparison:
    expected = _sums(truth["stock"], ("product", "location"), "pieces")
    return compare_measure("stock", expected, {tuple(key): quantity for key, quantity in on_hand.items()})


def _rejected(truth: Row, query: Query) -> Comparison:
    """Declarations that wait until their product is known."""
    rows = query(
        "select product, quality, cast(sum(pieces) as bigint) as pieces from gold.stock_declarations"
        " where state = 'rejected' group by product, quality"
    )
    grain = ("product", "quality")
    return compare_measure("rejected", _sums(truth["rejected"], grain, "pieces"), _sums(rows, grain, "pieces"))


def _counted(truth: Row, measure: str, query: Query) -> Comparison:
    """Counts by a key, as truth.json has them."""
    rows = query(f"select {COUNTS[measure]} group by 1")
    counts: dict[Key, int] = {(str(row["key"]),): row["n"] for row in rows}
    return compare_measure(measure, {(key,): number for key, number in truth[measure].items()}, counts)


def _withheld(truth: Row, query: Query) -> Comparison:
    """Each spoilt row is in quarantine with its text, in which the counter is still legible."""
    spoilt = [row for row in truth["withheld"] if row["counter"] is not None]
    expected: dict[Key, int] = {(Path(row["file"]).name, row["machine"], str(row["counter"])): 1 for row in spoilt}
    counters: dict[Key, list[str]] = defaultdict(list)
    for file, machine, counter in expected:
        counters[file, machine].append(counter)
    rows = query("select name, machine, text from silver.quarantine where text is not null")
    quarantined = (
        (*key, counter)
        for row in rows
        for key in ((Path(row["name"]).name, row["machine"]),)
        for counter in counters.get(key, ())
        if counter in row["text"]
    )
    return compare_measure("withheld", expected, dict.fromkeys(quarantined, 1))


def _by_hour(rows: Iterable[Row], column: str) -> dict[Key, int]:
    return _sums(rows, ("machine", "hour"), column)


def _sums(rows: Iterable[Row], grain: Key, column: str) -> dict[Key, int]:
    sums: Counter[Key] = Counter()
    for row in rows:
        sums[_key(row, grain)] += int(row[column] or 0)
    return sums


def _key(row: Row, grain: Key) -> Key:
    return tuple(_time(row[each]) if each == "hour" else row[each] for each in grain)


def _intervals(stops: Iterable[Row]) -> dict[Key, tuple[str, int, str | None]]:
    """(machine, start, end) -> kind, net length, reason; None: the stop is a gap, without a reported reason."""
    return {
        (stop["machine"], _time(stop["started_at"]), _time(stop["ended_at"])): (
            stop["kind"],
            int(stop["ms"]),
            stop["reason"] if stop["told"] else None,
        )
        for stop in stops
    }


def _starts(states: Iterable[Row]) -> dict[Key, tuple[str, str, str | None]]:
    return {(row["machine"], _time(row["started_at"])): (row["state"], row["code"], row["reason"]) for row in states}


def _oee(rows: Iterable[Row], grain: Key = ("machine", "hour")) -> dict[Key, float | None]:
    """sum(good x ideal cycle) / planned busy time; None where nothing is planned. An empty grain: the whole plant."""
    good: dict[Key, int] = defaultdict(int)
    busy: dict[Key, int] = defaultdict(int)
    for row in rows:
        key = _key(row, grain)
        good[key] += int(row["ideal_ms_good"] or 0)  # empty where no ideal cycle is given
        busy[key] += int(row["planned_ms"]) - int(row["planned_down_ms"]) - int(row["unknown_ms"])
    return {key: good[key] / busy[key] if busy[key] else None for key in busy}


def _time(text: str) -> str:
    """One way of writing an instant, with or without fractions."""
    return instant(round(datetime.fromisoformat(text).timestamp() * 1000))


def _total(values: Values) -> float:
    numbers = [value for value in values.values() if isinstance(value, int | float)]
    return sum(numbers) if numbers else len(values)
