"""Specifies the file of a machine's vendor from its layout: places and formats of the values, and the requirements."""

from collections.abc import Iterator
from dataclasses import replace

from aponta.config import Factory
from aponta.contract.layout import TOTALS, FieldFrom, Layout, Sensor
from aponta.contract.layout.field import value_places
from aponta.contract.layout.text import Checksum
from aponta.contract.vendor import Example, FieldDescription, Requirement, RequirementName, Specification
from aponta.decode.checksum import DIGITS, checksum
from aponta.errors import ConfigError
from aponta.usecases.vendor.example import example_file
from aponta.words import Words

BY_LAYOUT: tuple[RequirementName, ...] = (
    "trailer",
    "checksum",
    "counter",
    "milliseconds",
    "offset",
    "hour",
    "quality",
    "cycle",
)
ALWAYS: tuple[RequirementName, ...] = ("rename", "whole", "again")  # no layout shows whether these are met
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


def is_met(layout: Layout, requirement: RequirementName) -> bool | None:
    """Does the layout meet the requirement? None: no layout shows it."""
    formats = layout.fields["produced_at"].formats
    met: dict[RequirementName, bool] = {
        "trailer": "rows" in layout.trailer_groups,
        "checksum": layout.lines.checksum is not None,
        "counter": "counter" in layout.fields or bool(layout.totals),
        "milliseconds": bool(formats) and all(any(fraction in format for fraction in FRACTIONS) for format in formats),
        "offset": bool(formats) and all(format.endswith("%z") or format.startswith("epoch_") for format in formats),
        "hour": layout.hour is not None,
        "quality": len(layout.totals) > 1 or ("quality" in layout.fields and layout.fields["quality"].value is None),
        "cycle": "cycle_s" in layout.fields,
    }
    return met.get(requirement)


def specification_of(factory: Factory, name: str, words: Words) -> Specification:
    """The specification of a layout, in the language of `words`. Raises ConfigError `pipeline.no_layout`."""
    if name not in factory.layouts:
        raise ConfigError("pipeline.no_layout", layout=name, known=", ".join(factory.layouts) or "-")
    layout = factory.layouts[name]
    machines = tuple(machine.machine for machine in factory.machines.values() if machine.layout == name)
    product = next(iter(factory.products), "P-100")
    example = example_file(layout, machines[0] if machines else "M01", product, factory.settings.factory.timezone)
    zone = layout.text.timezone.replace("factory", factory.settings.factory.timezone)
    return Specification(
        layout=name,
        version=layout.version,
        factory=factory.settings.factory.name,
        machines=machines,
        facts=tuple(_facts(layout, example, zone, words)),
        values=tuple(_values(layout, example, words)),
        requirements=tuple(_requirements(layout, example, words)),
        example=example,
    )


def _facts(layout: Layout, example: Example, zone: str, words: Words) -> Iterator[tuple[str, str]]:
    def fact(label: str, key: str | None = None, **facts: object) -> tuple[str, str]:
        return words.say(f"pipeline.vendor.fact.{label}"), words.say(f"pipeline.vendor.{key or label}", **facts)

    text = layout.text
    yield fact("name", name=example.name)
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
    nulls = [f"“{null}”" if null else words.say("pipeline.vendor.empty") for null in text.null]
    if nulls:
        yield fact("null", null=", ".join(nulls))
    yield fact("time", zone=zone)


def _mark(mark: str, words: Words) -> str:
    """The mark as “;”, or by its name where it is hard to see."""
    names = {"\t": "tab", " ": "blank", ",": "comma", ".": "point"}
    return words.say(f"pipeline.vendor.mark.{names[mark]}") if mark in names else f"“{mark}”"


def _values(layout: Layout, example: Example, words: Words) -> Iterator[FieldDescription]:
    both: dict[str, FieldFrom | Sensor] = {**layout.fields, **layout.sensors}
    for name, source in both.items():
        title = words.say(f"pipeline.vendor.field.{name}") if name in layout.fields else name
        yield FieldDescription(
            title, _place(source, words), _format(name, source, layout, words), example.cells.get(name, "")
        )


def _place(source: FieldFrom | Sensor, words: Words) -> str:
    for place in value_places(source):
        if place == "at" and source.at:
            return words.say("pipeline.vendor.place.at", first=source.at[0], last=source.at[1])
        if place == "columns" and isinstance(source, FieldFrom):
            return words.say("pipeline.vendor.place.columns", columns=", ".join(map(str, source.columns)))
        if place == "from" and isinstance(source, FieldFrom) and source.origin:
            return words.say(f"pipeline.vendor.place.{source.origin.partition(':')[0]}")
        if place == "value":
            return words.say("pipeline.vendor.place.value")
        return words.say(
            f"pipeline.vendor.place.{place}", value=str(source.column if place == "column" else source.key)
        )
    return words.say("pipeline.vendor.place.nowhere")


def _format(name: str, source: FieldFrom | Sensor, layout: Layout, words: Words) -> str:
    say, prefix = words.say, "pipeline.vendor.format."
    if isinstance(source, Sensor):
        decimal = say(f"{prefix}decimal", decimal=_mark(layout.text.decimal, words))
        return f"{decimal}; {_range(source.range, words)}" if source.range else decimal
    if name == "produced_at":
        return say(f"{prefix}or").join(_time(format, words) for format in source.formats) or say(f"{prefix}no_time")
    if name == "quality" and source.map:
        meanings = (f"{code} = {say(f'pipeline.vendor.quality.{quality}')}" for code, quality in source.map.items())
        return ", ".join(meanings)
    if name == "counter":
        if source.rollover:
            return say(f"{prefix}counter_rolls", last=str(source.rollover - 1))
        return say(f"{prefix}counter")
    if name in TOTALS:
        return say(f"{prefix}total_rolls", last=str(source.rollover - 1)) if source.rollover else say(f"{prefix}total")
    if name == "cycle_s":
        decimal = say(f"{prefix}decimal", decimal=_mark(layout.text.decimal, words))
        unit = say(f"{prefix}unit", unit="s" if source.scale in (None, 1) else f"{words.marks(f'{source.scale:g}')} s")
        return f"{decimal}, {unit}"
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


def _requirements(layout: Layout, example: Example, words: Words) -> Iterator[Requirement]:
    above = example.rows[:-1] if layout.lines.trailer else example.rows
    content = replace(example, rows=above).bytes(layout.text.encoding)
    kind = layout.lines.checksum or "crc32"
    for name in (*BY_LAYOUT, *ALWAYS):
        text = words.say(
            f"pipeline.vendor.ask.{name}", kind=SUMS[kind], digits=DIGITS[kind], sum=checksum(content, kind)
        )
        yield Requirement(name, is_met(layout, name), text)
