"""The declaration of a chart. Each module in `charts` has one: the application finds it there, and serves its Vega-Lite
definition at /api/charts/NAME.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aponta.show.http import filters
from aponta.words import Language, Words

if TYPE_CHECKING:
    import altair as alt

    Drawing = alt.Chart | alt.LayerChart | alt.FacetChart

# Variables of aponta.css: a chart on a page takes the colours of the page's theme.
INK, SOFT, EDGE = "var(--ink)", "var(--soft)", "var(--edge)"
QUALITY_COLOURS = {
    "good": "var(--run)",
    "rework": "var(--changeover)",
    "scrap": "var(--stop)",
    "unknown": "var(--break)",
}


@dataclass(frozen=True)
class ChartLocale:
    """The reader's language and the factory's time zone, for whatever a chart writes."""

    language: Language
    zone: ZoneInfo

    def text(self, key: str, **facts: object) -> str:
        return Words(self.language).say(key, **facts)

    def local_time(self, at: datetime) -> str:
        """2026-03-02T07:00:00-03:00: a different text for each point in time, with the clock time at [11:16]."""
        return at.astimezone(self.zone).isoformat(timespec="seconds")

    def data(self, rows: Sequence[Mapping[str, object]]) -> "alt.InlineData":
        """Rows inline: Altair needs no data frame."""
        import altair as alt

        return alt.InlineData(values=list(rows))

    def duration(self, ms: float) -> str:
        return str(filters.language_filters(self.language, self.zone)["lasting"](ms))


@dataclass(frozen=True)
class Chart:
    """name: in its address and its words `show.chart.NAME`. load: PageContext and the parameters of the address, typed
    -> rows, pydantic models. draw: rows -> the chart; it imports Altair itself, so that a server without charts does
    not load it.
    """

    name: str
    load: Callable[..., Any]
    draw: Callable[[Any, ChartLocale], "Drawing"]

    @property
    def api(self) -> str:
        return f"/api/charts/{self.name}"


def vega_lite(chart: "Drawing") -> dict[str, Any]:
    """The Vega-Lite definition, as wide as its container and without the schema's internet address."""
    font = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
    narrow = {"expr": "width < 400 ? 3 : 6"}
    specification: dict[str, Any] = (
        chart.properties(width="container", background="transparent", autosize={"type": "fit-x", "contains": "padding"})
        .configure(font=font, aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=SOFT, titleColor=SOFT, gridColor=EDGE, domainColor=EDGE, tickColor=EDGE, labelFontSize=12,
            titleFontSize=12, titleFontWeight=400, labelLimit=140,
        )
        .configure_legend(
            labelColor=INK, labelFontSize=13, orient="top", title=None, symbolType="square", symbolOpacity=1,
            columns=narrow,
        )
        .to_dict()
    )  # fmt: skip
    specification.pop("$schema")
    return specification
