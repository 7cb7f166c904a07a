"""A machine's planned time, each loss, and the ideal time of its good pieces."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import BaseModel, Field

from aponta.show.chart import INK, Chart, ChartLocale
from aponta.show.context import PageContext

if TYPE_CHECKING:
    from aponta.show.chart import Drawing

Name = Literal[
    "planned", "down", "setup", "failure", "stop", "micro_stop", "external", "run", "speed", "quality", "ideal_good"
]
SUMS: tuple[Name, ...] = ("planned", "run", "ideal_good")
COLOURS: dict[Name, str] = {
    "planned": "var(--soft)",
    "down": "var(--break)",
    "setup": "var(--changeover)",
    "failure": "var(--stop)",
    "stop": "var(--stop)",
    "micro_stop": "var(--micro)",
    "external": "var(--external)",
    "run": "var(--soft)",
    "speed": "var(--micro)",
    "quality": "var(--stop)",
    "ideal_good": "var(--run)",
}


class LossStep(BaseModel):
    """planned, run and ideal_good are what is left; the other steps are lost between them."""

    name: Name
    ms: int = Field(description="speed may be negative: faster than the ideal cycle")
    from_ms: int = Field(description="left before the step; for planned, run and ideal_good: 0")
    to_ms: int


def load(context: PageContext, machine: str, day: date | None = None) -> list[LossStep]:
    """The planned time of a machine's production day, in the hours that were reported, and its losses. It ends at the
    running time where no ideal cycle is configured.
    """
    (facts,) = context.rows(_TIMES, context.shown_day(day), context.machine(machine).machine)
    if not facts["planned"]:
        return []
    timed = facts["ideal_good"] is not None
    steps: list[LossStep] = []
    left = 0
    for name in get_args(Name):
        if name in SUMS:
            left = facts[name] or 0
            steps.append(LossStep(name=name, ms=left, from_ms=0, to_ms=left))
        elif facts[name]:
            steps.append(LossStep(name=name, ms=facts[name], from_ms=left, to_ms=left - facts[name]))
            left -= facts[name]
        if name == "run" and not timed:
            break
    return steps


def draw(steps: Sequence[LossStep], locale: ChartLocale) -> "Drawing":
    """A horizontal waterfall: a bar for each step, its length in hours beside it."""
    import altair as alt

    rows = [
        {
            "step": locale.text(f"show.loss.{one.name}"),
            "from": one.from_ms / 3_600_000,
            "to": one.to_ms / 3_600_000,
            "end": _bar_end(one),
            "lasts": ("-" if one.ms < 0 else "") + locale.duration(abs(one.ms)),
            "colour": COLOURS[one.name],
        }
        for one in steps
    ]
    longest = max((_bar_end(one) for one in steps), default=0)
    chart = alt.Chart(locale.data(rows))
    y = alt.Y("step:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=8, labelColor=INK))
    room = alt.ExprRef(f"{longest} * (width < 320 ? 1.5 : 1.16)")  # for the text beside the longest bar
    scale = alt.Scale(domainMin=0, domainMax=room, nice=False)
    hours = alt.Axis(labelExpr="format(datum.value, '~g') + ' h'", tickCount=6, values=[*range(int(longest) + 1)])
    bars = chart.mark_bar(cornerRadius=2, minBandSize=2).encode(
        x=alt.X("from:Q", title=None, scale=scale, axis=hours),
        x2="to:Q",
        y=y,
        color=alt.Color("colour:N", scale=None),
        tooltip=[alt.Tooltip("step:N", title=" "), alt.Tooltip("lasts:N", title=locale.text("show.chart.lasts"))],
    )
    labels = chart.mark_text(align="left", dx=6, color=INK, fontSize=12).encode(x="end:Q", y=y, text="lasts:N")
    return alt.layer(bars, labels).properties(height=30 * len(rows))


def _bar_end(step: LossStep) -> float:
    """The end of the bar, in hours."""
    return max(step.from_ms, step.to_ms) / 3_600_000


CHART = Chart("losses", load, draw)

_TIMES = """
SELECT sum(planned_ms - unknown_ms)::BIGINT AS planned, sum(planned_down_ms)::BIGINT AS down,
       sum(setup_ms)::BIGINT AS setup, sum(failure_ms)::BIGINT AS failure, sum(stop_ms)::BIGINT AS stop,
       sum(micro_stop_ms)::BIGINT AS micro_stop, sum(external_ms)::BIGINT AS external, sum(run_ms)::BIGINT AS run,
       (sum(run_ms) - sum(ideal_ms_produced))::BIGINT AS speed,
       (sum(ideal_ms_produced) - sum(ideal_ms_good))::BIGINT AS quality,
       CASE WHEN count(*) = count(ideal_ms_good) THEN sum(ideal_ms_good) END::BIGINT AS ideal_good
FROM kpi.oee
WHERE production_day = ?1 AND machine = ?2 AND shift IS NOT NULL AND month >= date_trunc('month', ?1::DATE)"""
