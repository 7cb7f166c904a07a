"""What a chart declares. One module in `charts` each: the application finds it there, and serves its Vega-Lite
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

# As aponta.css has them: whoever draws on a page takes those of its theme.
INK, SOFT, EDGE = "var(--ink)", "var(--soft)", "var(--edge)"
QUALITY_COLOURS = {
    "good": "var(--run)",
    "rework": "var(--changeover)",
    "scrap": "var(--stop)",
    "unknown": "var(--break)",
}


@dataclass(frozen=True)
class ChartLocale:
    """What a chart is drawn with: the reader's words, the factory's time."""

    language: Language
    zone: ZoneInfo

    def text(self, key: str, **facts: object) -> str:
        return Words(self.language).say(key, **facts)

    def local_time(self, moment: datetime) -> str:
        """2026-03-02T07:00:00-03:00: another text for each moment, the local time at [11:16]."""
        return moment.astimezone(self.zone).isoformat(timespec="seconds")

    def data(self, rows: Sequence[Mapping[str, object]]) -> "alt.InlineData":
        """Rows as they are: Altair needs no frame for them."""
        import altair as alt

        return alt.InlineData(values=list(rows))

    def duration(self, ms: float) -> str:
        return str(filters.language_filters(self.language, self.zone)["lasting"](ms))


@dataclass(frozen=True)
class Chart:
    """name: of its address, and of its words `show.chart.NAME`. load: Desk and what the address says (its other
    parameters, typed) -> rows, pydantic models. draw: of them the chart; Altair is imported in it, for a server that
    nobody asks for a chart need not have it in memory.
    """

    name: str
    load: Callable[..., Any]
    draw: Callable[[Any, ChartLocale], "Drawing"]

    @property
    def api(self) -> str:
        return f"/api/charts/{self.name}"


def vega_lite(chart: "Drawing") -> dict[str, Any]:
    """Vega-Lite, as wide as its place, without what would name an address of the internet."""
    font = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
    narrow = {"expr": "width < 400 ? 3 : 6"}
    told: dict[str, Any] = (
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
    told.pop("$schema")
    return told
