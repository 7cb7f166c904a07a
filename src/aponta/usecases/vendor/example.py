"""A file of two items as a layout reads it, made of the layout alone. Whether it is read so is put to the proof."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aponta.contract.layout import FieldFrom, Layout, Sensor
from aponta.contract.vendor import Example
from aponta.decode.checksum import checksum
from aponta.factory_calendar import to_us

EXAMPLE_TIME = datetime(2026, 1, 5, 7, 0, 0, 250_000)  # of the factory: in the hour that the name tells
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
    """A whole file of the machine, header and trailer too. What the layout does not say is left out or blank."""
    moment = EXAMPLE_TIME.replace(tzinfo=ZoneInfo(zone))
    told = {"machine": machine, "product": product}
    named = EXAMPLE_TIME.replace(minute=0, second=0, microsecond=0)
    hour = layout.hour
    if hour is not None:
        ends = named + timedelta(hours=1) if hour.mark == "end" else named
        told[hour.origin.partition(":")[2]] = ends.strftime(hour.format)
    name = text_matching(layout.files, told)
    local = ZoneInfo(layout.text.timezone.replace("factory", zone))
    cells = [
        _cells(layout, machine, product, (moment + timedelta(seconds=3 * at)).astimezone(local), at, named)
        for at in range(2)
    ]
    header = [text_matching(layout.lines.header, told)] if layout.lines.header else []
    if layout.column_names:
        header = [layout.text.delimiter.join(_heads(layout))]
    rows = [*header, *(_row(layout, one) for one in cells)]
    if layout.lines.trailer:
        above = "".join(f"{row}\r\n" for row in rows).encode(layout.text.encoding, errors="replace")
        sums = {f"sum_{name}": _sum(layout, [one[name] for one in cells]) for name in layout.summable}
        kind = layout.lines.checksum
        proof = {"checksum": checksum(above, kind)} if kind else {}
        rows.append(text_matching(layout.lines.trailer, told | {"rows": "2"} | sums | proof))
    return Example(name, tuple(rows), cells[0])


def text_matching(pattern: str, groups: Mapping[str, str]) -> str:
    """A text that a regular expression finds, with these groups in it; of choices the first, of what may be absent
    nothing. Where no such text comes out, the pattern itself.
    """
    text, _ = _branch(list(PATTERN_PIECES.finditer(pattern)), 0, groups)
    return text if re.search(pattern, text, re.IGNORECASE) else pattern


def _branch(pieces: list[re.Match[str]], at: int, groups: Mapping[str, str]) -> tuple[str, int]:
    """The text of one bracket, and where it ends."""
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
    found = {"machine": machine, "counter": str(1201 + nth), "product": product, "pieces": "1"}
    found |= {"good_total": str(1201 + nth), "scrap_total": "17", "rework_total": "0"}
    time = fields["produced_at"]
    found["produced_at"] = _time(time.formats[0], at, named, layout) if time.formats else ""
    codes = fields["quality"].map if "quality" in fields else None
    found["quality"] = next((code for code, means in (codes or {}).items() if means == "good"), "good")
    if "cycle_s" in fields:
        found["cycle_s"] = _number(layout, CYCLES_S[nth] / (fields["cycle_s"].scale or 1))
    for name, sensor in layout.sensors.items():
        found[name] = _number(layout, _measured(name, sensor) / (sensor.scale or 1))
    found |= {name: one.value for name, one in fields.items() if one.value is not None}
    return {name: text for name, text in found.items() if name in fields or name in layout.sensors}


def _measured(name: str, sensor: Sensor) -> float:
    told = TYPICAL_VALUES.get(name.rpartition("_")[2], 2.9)
    low, high = sensor.range or (told, told)
    return told if low <= told <= high else (low + high) / 2


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
    found = [(one, cells[name]) for name, one in both.items() if name in cells]
    if layout.record and layout.record.items:
        place = layout.record.model_dump(include={"column", "at", "key"}, exclude_none=True)
        found.append((FieldFrom.model_validate(place), layout.record.items[0]))
    return found


def _heads(layout: Layout) -> list[str]:
    """The header row that names columns: behind those that the layout knows by number, whose names are free."""
    both: dict[str, FieldFrom | Sensor] = {**layout.fields, **layout.sensors}
    numbered = [f"COL{number}" for number in range(1, layout.record_columns + 1)] if layout.column_names else []
    return [*numbered, *dict.fromkeys(one.column for one in both.values() if isinstance(one.column, str))]


def _row(layout: Layout, cells: Mapping[str, str]) -> str:
    text, placed = layout.text, _placed(layout, cells)
    if text.form == "fixed":
        row = [" "] * layout.record_width
        for one, cell in placed:
            if one.at:
                width = one.at[1] - one.at[0] + 1
                fitted = cell[:width].rjust(width, "0") if cell.isdigit() else cell[:width].ljust(width)
                row[one.at[0] - 1 : one.at[1]] = fitted
        return "".join(row)
    if text.form == "pairs":
        return text.delimiter.join(f"{one.key}{text.pair}{cell}" for one, cell in placed if one.key)
    heads = _heads(layout)
    columns = [""] * max(layout.record_columns, len(heads))
    for one, cell in placed:
        if isinstance(one.column, str):
            columns[heads.index(one.column)] = cell
        elif one.column:
            columns[one.column - 1] = cell
        elif isinstance(one, FieldFrom) and one.columns:
            parts = cell.split(" ", len(one.columns) - 1)
            for number, part in zip(one.columns, parts, strict=False):
                columns[number - 1] = part
    return text.delimiter.join(columns)
