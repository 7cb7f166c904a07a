"""The file that a machine's vendor should write, made of the layout: what stands where, and what is asked of it."""

from collections.abc import Iterator
from dataclasses import replace

from aponta.config import Factory
from aponta.contract.layout import TOTALS, FieldFrom, Layout, Sensor
from aponta.contract.layout.field import value_places
from aponta.contract.layout.text import Checksum
from aponta.contract.vendor import Example, Requirement, RequirementName, Specification, Value
from aponta.decode.checksum import DIGITS, checksum
from aponta.errors import ConfigError
from aponta.usecases.vendor.example import example
from aponta.words import Words

BY_LAYOUT: tuple[RequirementName, ...] = (  # a layout shows whether the files meet them
    "trailer",
    "checksum",
    "counter",
    "milliseconds",
    "offset",
    "hour",
    "quality",
    "cycle",
)
ALWAYS: tuple[RequirementName, ...] = ("rename", "whole", "again")  # no layout tells whether it is so
SUMS: dict[Checksum, str] = {"crc16-kermit": "CRC-16/KERMIT", "crc32": "CRC-32 (zip)", "sha256": "SHA-256"}
TOKENS = {
    "%d": "day",
    "%m": "month",
    "%Y": "year",
    "%y": "short_year",
    "%H": "hour",
    "%M": "minute",
    "%S": "second",
    "%f": "fraction",
    "%z": "offset",
}
FRACTIONS = ("%f", "epoch_ms", "epoch_us", "hour_ms")


def is_met(layout: Layout, ask: RequirementName) -> bool | None:
    """Does the layout read it already? None: no layout tells."""
    formats = layout.fields["produced_at"].formats
    told: dict[RequirementName, bool] = {
        "trailer": "rows" in layout.trailer_groups,
        "checksum": layout.lines.checksum is not None,
        "counter": "counter" in layout.fields or bool(layout.totals),
        "milliseconds": bool(formats) and all(any(one in format for one in FRACTIONS) for format in formats),
        "offset": bool(formats) and all(one.endswith("%z") or one.startswith("epoch_") for one in formats),
        "hour": layout.hour is not None,
        "quality": len(layout.totals) > 1 or ("quality" in layout.fields and layout.fields["quality"].value is None),
        "cycle": "cycle_s" in layout.fields,
    }
    return told.get(ask)


def specify(factory: Factory, name: str, words: Words) -> Specification:
    """Of a layout of the factory, in the language of `words`. Raises ConfigError `pipeline.no_layout`."""
    if name not in factory.layouts:
        raise ConfigError("pipeline.no_layout", layout=name, known=", ".join(factory.layouts) or "-")
    layout = factory.layouts[name]
    machines = tuple(one.machine for one in factory.machines.values() if one.layout == name)
    product = next(iter(factory.products), "P-100")
    made = example(layout, machines[0] if machines else "M01", product, factory.settings.factory.timezone)
    zone = layout.text.timezone.replace("factory", factory.settings.factory.timezone)
    return Specification(
        layout=name,
        version=layout.version,
        factory=factory.settings.factory.name,
        machines=machines,
        facts=tuple(_facts(layout, made, zone, words)),
        values=tuple(_values(layout, made, words)),
        requirements=tuple(_requirements(layout, made, words)),
        example=made,
    )


def _facts(layout: Layout, made: Example, zone: str, words: Words) -> Iterator[tuple[str, str]]:
    def fact(of: str, key: str | None = None, **facts: object) -> tuple[str, str]:
        return words.say(f"pipeline.vendor.fact.{of}"), words.say(f"pipeline.vendor.{key or of}", **facts)

    text = layout.text
    yield fact("name", name=made.name)
    if layout.hour:
        yield fact("hour", f"when.{layout.hour.mark}", zone=zone)
    shown, pair = _mark(text.delimiter, words), _mark(text.pair, words)
    yield fact("form", f"shape.{text.form}", delimiter=shown, pair=pair, width=layout.record_width)
    yield fact("encoding", encoding=text.encoding)
    if text.thousands:
        yield fact(
            "decimal", "decimal_thousands", decimal=_mark(text.decimal, words), thousands=_mark(text.thousands, words)
        )
    else:
        yield fact("decimal", decimal=_mark(text.decimal, words))
    nothing = [f"“{one}”" if one else words.say("pipeline.vendor.empty") for one in text.null]
    if nothing:
        yield fact("null", null=", ".join(nothing))
    yield fact("time", zone=zone)


def _mark(mark: str, words: Words) -> str:
    """As “;”, or by its name where it has no shape of its own."""
    names = {"\t": "tab", " ": "blank", ",": "comma", ".": "point"}
    return words.say(f"pipeline.vendor.mark.{names[mark]}") if mark in names else f"“{mark}”"


def _values(layout: Layout, made: Example, words: Words) -> Iterator[Value]:
    both: dict[str, FieldFrom | Sensor] = {**layout.fields, **layout.sensors}
    for name, one in both.items():
        known = f"pipeline.vendor.field.{name}"
        title = words.say(known) if name in layout.fields else name
        yield Value(title, _place(one, words), _format(name, one, layout, words), made.cells.get(name, ""))


def _place(one: FieldFrom | Sensor, words: Words) -> str:
    for place in value_places(one):
        if place == "at" and one.at:
            return words.say("pipeline.vendor.place.at", first=one.at[0], last=one.at[1])
        if place == "columns" and isinstance(one, FieldFrom):
            return words.say("pipeline.vendor.place.columns", columns=", ".join(map(str, one.columns)))
        if place == "from" and isinstance(one, FieldFrom) and one.origin:
            return words.say(f"pipeline.vendor.place.{one.origin.partition(':')[0]}")
        if place == "value":
            return words.say("pipeline.vendor.place.value")
        return words.say(f"pipeline.vendor.place.{place}", value=str(one.column if place == "column" else one.key))
    return words.say("pipeline.vendor.place.nowhere")


def _format(name: str, one: FieldFrom | Sensor, layout: Layout, words: Words) -> str:
    say, prefix = words.say, "pipeline.vendor.format."
    if isinstance(one, Sensor):
        said = say(f"{prefix}decimal", decimal=_mark(layout.text.decimal, words))
        return f"{said}; {_range(one.range, words)}" if one.range else said
    if name == "produced_at":
        return say(f"{prefix}or").join(_time(format, words) for format in one.formats) or say(f"{prefix}no_time")
    if name == "quality" and one.map:
        meant = (f"{code} = {say(f'pipeline.vendor.quality.{quality}')}" for code, quality in one.map.items())
        return ", ".join(meant)
    if name == "counter":
        if one.rollover:
            return say(f"{prefix}counter_rolls", last=str(one.rollover - 1))
        return say(f"{prefix}counter")
    if name in TOTALS:
        return say(f"{prefix}total_rolls", last=str(one.rollover - 1)) if one.rollover else say(f"{prefix}total")
    if name == "cycle_s":
        told = say(f"{prefix}decimal", decimal=_mark(layout.text.decimal, words))
        unit = say(f"{prefix}unit", unit="s" if one.scale in (None, 1) else f"{words.marks(f'{one.scale:g}')} s")
        return f"{told}, {unit}"
    return say(f"{prefix}{'whole' if name == 'pieces' else 'text'}")


def _range(bounds: tuple[float, float], words: Words) -> str:
    first, last = (words.marks(f"{bound:g}") for bound in bounds)
    return words.say("pipeline.vendor.format.range", first=first, last=last)


def _time(format: str, words: Words) -> str:
    if format[:2] != "ho" and not format.startswith("epoch_"):
        for token, name in TOKENS.items():
            format = format.replace(token, words.say(f"pipeline.vendor.token.{name}"))
        return format
    return words.say(f"pipeline.vendor.format.{format}")


def _requirements(layout: Layout, made: Example, words: Words) -> Iterator[Requirement]:
    above = replace(made, rows=made.rows[:-1] if layout.lines.trailer else made.rows).bytes(layout.text.encoding)
    kind = layout.lines.checksum or "crc32"
    for ask in (*BY_LAYOUT, *ALWAYS):
        said = words.say(f"pipeline.vendor.ask.{ask}", kind=SUMS[kind], digits=DIGITS[kind], sum=checksum(above, kind))
        yield Requirement(ask, is_met(layout, ask), said)
