"""Makes an example file of two items from a layout alone; tests decode it with that layout."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aponta.contract.layout import FieldFrom, Layout, Sensor
from aponta.contract.vendor import Example
from aponta.decode.checksum import checksum
from aponta.factory_calendar import to_us

EXAMPLE_TIME = datetime(2026, 1, 5, 7, 0, 0, 250_000)  # local time of the factory, in the hour of the file's name
CYCLES_S = (2.703, 2.698)
PATTERN_PIECES = re.compile(
    r"\(\?P<(?P<name>\w+)>|\(\?:|\(|\)|\[(?P<not>\^)?(?P<of>\]?[^\]]*)\]|\\(?P<escape>.)|\{(?P<times>\d+)[^}]*\}|.",
    re.DOTALL,
)
CLASS_CHARACTERS = {"d": "0", "w": "A", "s": " ", "D": "A", "S": "A", "W": " "}
TYPICAL_VALUES = {
    "c": 68.97,
    "bar": 6.2,
    "kn": 41.5,
    "a": 12.4,
    "v": 24.1,
    "s": 2.7,
}  # what a sensor of that unit may say


def example_file(layout: Layout, machine: str, product: str, zone: str) -> Example:
    """A whole file of the machine, with header and trailer. Values without a place in the layout are blank."""
    time = EXAMPLE_TIME.replace(tzinfo=ZoneInfo(zone))
    groups = {"machine": machine, "product": product}
    named = EXAMPLE_TIME.replace(minute=0, second=0, microsecond=0)
    hour = layout.hour
    if hour is not None:
        ends = named + timedelta(hours=1) if hour.mark == "end" else named
        groups[hour.origin.partition(":")[2]] = ends.strftime(hour.format)
    name = text_matching(layout.files, groups)
    local = ZoneInfo(layout.text.timezone.replace("factory", zone))
    cells = [
        _cells(layout, machine, product, (time + timedelta(seconds=3 * number)).astimezone(local), number, named)
        for number in range(2)
    ]
    header = [text_matching(layout.lines.header, groups)] if layout.lines.header else []
    if layout.column_names:
        header = [layout.text.delimiter.join(_heads(layout))]
    rows = [*header, *(_row(layout, item) for item in cells)]
    if layout.lines.trailer:
        above = "".join(f"{row}\r\n" for row in rows).encode(layout.text.encoding, errors="replace")
        sums = {f"sum_{name}": _sum(layout, [item[name] for item in cells]) for name in layout.summable}
        kind = layout.lines.checksum
        digest = {"checksum": checksum(above, kind)} if kind else {}
        rows.append(text_matching(layout.lines.trailer, groups | {"rows": "2"} | sums | digest))
    return Example(name, tuple(rows), cells[0])


def text_matching(pattern: str, groups: Mapping[str, str]) -> str:
    """A text that matches a regular expression, with these groups: the first of several choices, and without optional
    parts. The pattern itself, where this gives no text that matches.
    """
    text, _ = _branch(list(PATTERN_PIECES.finditer(pattern)), 0, groups)
    return text if re.search(pattern, text, re.IGNORECASE) else pattern


def _branch(pieces: list[re.Match[str]], at: int, groups: Mapping[str, str]) -> tuple[str, int]:
    """The text of one bracket, and the index behind it."""
    done, last, chosen = "", "", True
    while at < len(pieces):
        piece = pieces[at]
        mark, at = piece[0], at + 1
        if mark == ")":
            break
        if mark.startswith("("):
            inner, at = _branch(pieces, at, groups)
            new = groups.get(piece["name"] or "", inner)
            new = new.zfill(len(inner)) if new.isdigit() and inner.isdigit() else new
        elif mark == "|":
            chosen = False
            continue
        elif mark in ("*", "?"):
            last = ""
            continue
        elif mark == "+" or mark in ("^", "$"):
            continue
        elif piece["times"]:
            last *= int(piece["times"])
            continue
        elif piece["escape"]:
            new = CLASS_CHARACTERS.get(piece["escape"], piece["escape"])
        elif piece["of"] is not None:
            new = (
                "0"
                if piece["not"]
                else CLASS_CHARACTERS.get(piece["of"][1:2], "")
                if piece["of"][0] == "\\"
                else piece["of"][0]
            )
        else:
            new = "A" if mark == "." else mark
        if chosen:
            done, last = done + last, new
    return done + last, at


def _cells(layout: Layout, machine: str, product: str, at: datetime, nth: int, named: datetime) -> dict[str, str]:
    fields = layout.fields
    cells = {"machine": machine, "counter": str(1201 + nth), "product": product, "pieces": "1"}
    cells |= {"good_total": str(1201 + nth), "scrap_total": "17", "rework_total": "0"}
    time = fields["produced_at"]
    cells["produced_at"] = _time(time.formats[0], at, named, layout) if time.formats else ""
    codes = fields["quality"].map if "quality" in fields else None
    cells["quality"] = next((code for code, means in (codes or {}).items() if means == "good"), "good")
    if "cycle_s" in fields:
        cells["cycle_s"] = _number(layout, CYCLES_S[nth] / (fields["cycle_s"].scale or 1))
    for name, sensor in layout.sensors.items():
        cells[name] = _number(layout, _measured(name, sensor) / (sensor.scale or 1))
    cells |= {name: field.value for name, field in fields.items() if field.value is not None}
    return {name: text for name, text in cells.items() if name in fields or name in layout.sensors}


def _measured(name: str, sensor: Sensor) -> float:
    typical = TYPICAL_VALUES.get(name.rpartition("_")[2], 2.9)
    low, high = sensor.range or (typical, typical)
    return typical if low <= typical <= high else (low + high) / 2


def _time(format: str, at: datetime, named: datetime, layout: Layout) -> str:
    since = to_us(at.astimezone(UTC))
    if format.startswith("epoch_"):
        return str(since // {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}[format])
    if format.startswith("hour_"):
        us = (at.replace(tzinfo=None) - named) // timedelta(microseconds=1)
        return str(us // {"hour_s": 1_000_000, "hour_ms": 1_000}[format])
    zone = at.strftime("%z")
    text = at.strftime(format.replace("%f", f"{at.microsecond // 1000:03d}").removesuffix("%z"))
    return text + (f"{zone[:3]}:{zone[3:]}" if format.endswith("%z") else "")


def _number(layout: Layout, number: float) -> str:
    return f"{number:.6g}".replace(".", layout.text.decimal)


def _sum(layout: Layout, cells: list[str]) -> str:
    return _number(layout, sum(float(cell.replace(layout.text.decimal, ".")) for cell in cells))


def _placed(layout: Layout, cells: Mapping[str, str]) -> list[tuple[FieldFrom | Sensor, str]]:
    both: dict[str, FieldFrom | Sensor] = {**layout.fields, **layout.sensors}
    placed = [(source, cells[name]) for name, source in both.items() if name in cells]
    if layout.record and layout.record.items:
        place = layout.record.model_dump(include={"column", "at", "key"}, exclude_none=True)
        placed.append((FieldFrom.model_validate(place), layout.record.items[0]))
    return placed


def _heads(layout: Layout) -> list[str]:
    """The header row: any names for columns that the layout knows by number, then those that it knows by name."""
    both: dict[str, FieldFrom | Sensor] = {**layout.fields, **layout.sensors}
    numbered = [f"COL{number}" for number in range(1, layout.record_columns + 1)] if layout.column_names else []
    return [*numbered, *dict.fromkeys(source.column for source in both.values() if isinstance(source.column, str))]


def _row(layout: Layout, cells: Mapping[str, str]) -> str:
    text, placed = layout.text, _placed(layout, cells)
    if text.form == "fixed":
        row = [" "] * layout.record_width
        for source, cell in placed:
            if source.at:
                width = source.at[1] - source.at[0] + 1
                fitted = cell[:width].rjust(width, "0") if cell.isdigit() else cell[:width].ljust(width)
                row[source.at[0] - 1 : source.at[1]] = fitted
        return "".join(row)
    if text.form == "pairs":
        return text.delimiter.join(f"{source.key}{text.pair}{cell}" for source, cell in placed if source.key)
    heads = _heads(layout)
    columns = [""] * max(layout.record_columns, len(heads))
    for source, cell in placed:
        if isinstance(source.column, str):
            columns[heads.index(source.column)] = cell
        elif source.column:
            columns[source.column - 1] = cell
        elif isinstance(source, FieldFrom) and source.columns:
            parts = cell.split(" ", len(source.columns) - 1)
            for number, part in zip(source.columns, parts, strict=False):
                columns[number - 1] = part
    return text.delimiter.join(columns)
