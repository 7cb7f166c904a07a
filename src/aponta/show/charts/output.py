"""Output by hour, stacked by quality, against the pieces that ideal cycles would give."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from aponta.contract.pages.completeness import UNKNOWN, Status
from aponta.factory_calendar import from_us, hour_of, to_us
from aponta.show.chart import INK, QUALITY_COLOURS, Chart, ChartLocale
from aponta.show.context import PageContext
from aponta.show.figures import day as days
from aponta.show.figures import production
from aponta.show.figures.day import ProductionDay
from aponta.show.figures.production import HourFigures

if TYPE_CHECKING:
    from aponta.show.chart import Drawing

ONE_HOUR = timedelta(hours=1)
HEIGHT = 270
State = Literal["known", "open", "missing", "unknown", "future"]
NO_DATA: tuple[State, ...] = ("missing", "unknown")


class HourOfDay(HourFigures):
    state: State = Field(
        description="open: its pieces may change; missing: its file is overdue; unknown: it has none, and none is "
        "expected (a person closed it, or it lies before the machine's first); future: it is not due yet"
    )


def load(context: PageContext, machine: str, day: date | None = None) -> list[HourOfDay]:
    """Every hour of a machine's production day: pieces by quality, and the ideal."""
    return hours_of_day(context, machine, days.read_day(context, context.shown_day(day), [machine]))


def hours_of_day(context: PageContext, machine: str, whole: ProductionDay) -> list[HourOfDay]:
    """The same for a day that has been read."""
    statuses = {row.hour: row.status for row in context.completeness.hours(whole.day, whole.day, [machine])}
    figures = production.figures_by_hour(context, whole.day, machine)
    if not figures and not statuses:
        return []
    hours = []
    at = from_us(hour_of(to_us(whole.start)))
    while at < whole.end:
        own = figures.get(at, HourFigures(hour=at))
        hours.append(HourOfDay(**own.model_dump(), state=_state(own, statuses.get(at), at in figures, whole, machine)))
        at += ONE_HOUR
    return hours


def _state(own: HourFigures, status: Status | None, has_facts: bool, day: ProductionDay, machine: str) -> State:
    if status in UNKNOWN:
        return "missing"
    if has_facts and status != "closed":
        return "open" if own.provisional else "known"
    if status == "waiting" or own.hour + ONE_HOUR > day.now:
        return "future"
    at = to_us(own.hour)
    planned = any(piece.hour == at for pieces in day.planned.values() for piece in pieces)
    return "unknown" if planned and at not in day.covered[machine] else "known"


def draw(hours: Sequence[HourOfDay], locale: ChartLocale) -> "Drawing":
    """Bars by hour, with a mark at the ideal; hours without data are shaded."""
    import altair as alt

    names = {quality: locale.text(f"show.quality.{quality}") for quality in QUALITY_COLOURS}
    ideal = locale.text("show.chart.ideal")
    pieces = [
        {"hour": locale.local_time(one.hour), "what": names[quality], "pieces": count, "order": order}
        for one in hours
        for order, quality in enumerate(QUALITY_COLOURS)
        if (count := one.unclassified if quality == "unknown" else getattr(one, quality))
    ]
    limits = [{"hour": locale.local_time(one.hour), "what": ideal, "pieces": one.ideal} for one in hours if one.ideal]
    unknown = locale.text("show.kind.unknown")
    without_data = [
        {"hour": locale.local_time(own.hour), "text": "" if before in NO_DATA else unknown}  # once for adjacent hours
        for before, own in zip(["", *(each.state for each in hours)], hours, strict=False)
        if own.state in NO_DATA
    ]
    used = {row["what"] for row in pieces}
    colours = {names[quality]: colour for quality, colour in QUALITY_COLOURS.items() if names[quality] in used}
    colours |= {ideal: INK} if limits else {}
    clock = "slice(datum.value, 11, 13)"
    x = alt.X(
        "hour:O",
        title=locale.text("show.chart.hour"),
        axis=alt.Axis(labelExpr=clock, labelAngle=0, labelOverlap=True, ticks=False, grid=False),
        scale=alt.Scale(domain=[locale.local_time(one.hour) for one in hours], paddingInner=0.18),
    )
    most = max((max(one.ideal or 0, one.good + one.scrap + one.rework + one.unclassified) for one in hours), default=0)
    y = alt.Y(
        "pieces:Q",
        title=locale.text("show.chart.pieces"),
        axis=alt.Axis(format=",d", tickCount=5),
        scale=alt.Scale(domain=[0, max(most, 1)], nice=True),
    )
    colour = alt.Color("what:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())))
    tips = [
        alt.Tooltip("at:N", title=locale.text("show.chart.hour")),
        alt.Tooltip("what:N", title=" "),
        alt.Tooltip("pieces:Q", title=locale.text("show.chart.pieces"), format=",.0f"),
    ]
    chart = alt.Chart().transform_calculate(at="slice(datum.hour, 11, 16)")
    shaded = chart.properties(data=locale.data(without_data)).encode(x=x)
    bars = chart.properties(data=locale.data(pieces)).mark_bar(cornerRadius=1)
    marks = chart.properties(data=locale.data(limits)).mark_tick(thickness=3)
    return alt.layer(
        shaded.mark_bar(color="var(--unknown)", opacity=0.25).encode(y=alt.value(0), y2=alt.value("height")),
        shaded.mark_text(angle=270, color=INK).encode(y=alt.value(HEIGHT / 2), text="text:N"),
        bars.encode(x=x, y=y, color=colour, order="order:O", tooltip=tips),
        marks.encode(x=x, y=y, color=colour, tooltip=tips),
    ).properties(height=HEIGHT)


CHART = Chart("output", load, draw)
