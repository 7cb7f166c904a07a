"""The truth against the tables: for each measure, what is true, what the tables say, and where they differ."""

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
    "files": "status as key, count(*) as n from silver.files where status <> 'retried'",  # read again, it came once
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
class Compared:
    """One measure: its totals (the numbers' sum, else how many), how many keys differ, and the first of these."""

    measure: str
    truth: float
    tables: float
    differences: int
    examples: tuple[str, ...] = ()


def verify(folder: Path, query: Query, on_hand: Callable[[], Mapping[tuple[str, str], float]]) -> list[Compared]:
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


def compare(measure: str, truth: Values, tables: Values, *, empty: Any = 0, tolerance: float = 0) -> Compared:
    """Key by key; a key that one side lacks has the value `empty` there."""
    differing = []
    for key in sorted(truth.keys() | tables.keys()):
        right, found = truth.get(key, empty), tables.get(key, empty)
        if right != found and not (tolerance and None not in (right, found) and abs(right - found) <= tolerance):
            differing.append(f"{' '.join(key)}: {right} / {found}")
    return Compared(measure, _total(truth), _total(tables), len(differing), tuple(differing[:SHOWN]))


def _items(truth: Row, query: Query) -> Iterable[Compared]:
    qualities = ", ".join(f"count(*) filter (where quality = '{each}') as {each}" for each in COUNTED[1:5])
    found = query(
        f"select machine, hour, count(*) as items, {qualities}, cast(sum(counter) as bigint) as counter_sum"
        " from silver.items group by machine, hour"
    )
    for measure in COUNTED:
        yield compare(measure, _by_hour(truth["hours"], measure), _by_hour(found, measure))
    hours = query("select machine, hour, unseen from silver.hours where unseen > 0")
    yield compare("unseen", _by_hour(truth["hours"], "unseen"), _by_hour(hours, "unseen"))


def _production(truth: Row, query: Query) -> Compared:
    found = query(
        "select machine, product, hour, quality, cast(sum(pieces) as bigint) as pieces from gold.production"
        " group by machine, product, hour, quality"
    )
    grain = ("machine", "product", "hour", "quality")
    return compare("production", _sums(truth["production"], grain, "pieces"), _sums(found, grain, "pieces"))


def _stops(truth: Row, query: Query) -> Compared:
    found = query(
        "select machine, started_at, ended_at, ms, kind, reason, reason is not null as told from silver.stops"
    )
    return compare("stops", _intervals(truth["stops"]), _intervals(found), empty=None)


def _states(truth: Row, query: Query) -> Compared:
    found = query("select machine, started_at, state, code, reason from silver.states")
    return compare("states", _moments(truth["states"]), _moments(found), empty=None)


def _times(truth: Row, query: Query) -> Iterable[Compared]:
    sums = ", ".join(f"cast(sum({column}) as bigint) as {column}" for column in (*TIMES, *IDEAL))
    found = query(f"select machine, hour, {sums} from kpi.oee group by machine, hour")
    for measure in (*TIMES, *IDEAL):
        yield compare(measure, _by_hour(truth["oee"], measure), _by_hour(found, measure))
    per_hour = compare("oee", _oee(truth["oee"]), _oee(found), empty=None, tolerance=OEE_TOLERANCE)
    yield replace(per_hour, truth=_oee(truth["oee"], ())[()] or 0, tables=_oee(found, ()).get(()) or 0)


def _stock(truth: Row, on_hand: Mapping[tuple[str, str], float]) -> Compared:
    expected = _sums(truth["stock"], ("product", "location"), "pieces")
    return compare("stock", expected, {tuple(key): quantity for key, quantity in on_hand.items()})


def _rejected(truth: Row, query: Query) -> Compared:
    """What waits until somebody says which product it is."""
    rows = query(
        "select product, quality, cast(sum(pieces) as bigint) as pieces from gold.stock_declarations"
        " where state = 'rejected' group by product, quality"
    )
    grain = ("product", "quality")
    return compare("rejected", _sums(truth["rejected"], grain, "pieces"), _sums(rows, grain, "pieces"))


def _counted(truth: Row, measure: str, query: Query) -> Compared:
    """truth.json has how many of each."""
    rows = query(f"select {COUNTS[measure]} group by 1")
    found: dict[Key, int] = {(str(row["key"]),): row["n"] for row in rows}
    return compare(measure, {(key,): number for key, number in truth[measure].items()}, found)


def _withheld(truth: Row, query: Query) -> Compared:
    """Each row that was spoilt stands in quarantine, with its text: the counter is still legible."""
    rows = [row for row in truth["withheld"] if row["counter"] is not None]
    expected: dict[Key, int] = {(Path(row["file"]).name, row["machine"], str(row["counter"])): 1 for row in rows}
    counters: dict[Key, list[str]] = defaultdict(list)
    for file, machine, counter in expected:
        counters[file, machine].append(counter)
    found = query("select name, machine, text from silver.quarantine where text is not null")
    told = (
        (*key, counter)
        for row in found
        for key in ((Path(row["name"]).name, row["machine"]),)
        for counter in counters.get(key, ())
        if counter in row["text"]
    )
    return compare("withheld", expected, dict.fromkeys(told, 1))


def _by_hour(rows: Iterable[Row], column: str) -> dict[Key, int]:
    return _sums(rows, ("machine", "hour"), column)


def _sums(rows: Iterable[Row], grain: Key, column: str) -> dict[Key, int]:
    sums: Counter[Key] = Counter()
    for row in rows:
        sums[_key(row, grain)] += int(row[column] or 0)
    return sums


def _key(row: Row, grain: Key) -> Key:
    return tuple(_moment(row[each]) if each == "hour" else row[each] for each in grain)


def _intervals(stops: Iterable[Row]) -> dict[Key, tuple[str, int, str | None]]:
    """Kind, net length and the reason, which of gaps nobody told."""
    return {
        (stop["machine"], _moment(stop["started_at"]), _moment(stop["ended_at"])): (
            stop["kind"],
            int(stop["ms"]),
            stop["reason"] if stop["told"] else None,
        )
        for stop in stops
    }


def _moments(states: Iterable[Row]) -> dict[Key, tuple[str, str, str | None]]:
    return {(one["machine"], _moment(one["started_at"])): (one["state"], one["code"], one["reason"]) for one in states}


def _oee(rows: Iterable[Row], grain: Key = ("machine", "hour")) -> dict[Key, float | None]:
    """sum(good x ideal cycle) / planned busy time; None where nothing was planned. No grain: the plant's."""
    good: dict[Key, int] = defaultdict(int)
    busy: dict[Key, int] = defaultdict(int)
    for row in rows:
        key = _key(row, grain)
        good[key] += int(row["ideal_ms_good"] or 0)  # empty where no ideal cycle is given
        busy[key] += int(row["planned_ms"]) - int(row["planned_down_ms"]) - int(row["unknown_ms"])
    return {key: good[key] / busy[key] if busy[key] else None for key in busy}


def _moment(text: str) -> str:
    """One way of writing an instant, with or without fractions."""
    return instant(round(datetime.fromisoformat(text).timestamp() * 1000))


def _total(values: Values) -> float:
    numbers = [value for value in values.values() if isinstance(value, int | float)]
    return sum(numbers) if numbers else len(values)
