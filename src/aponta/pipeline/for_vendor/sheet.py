"""The specification as one page of A4: drawn as SVG, made a PDF by what draws the charts; its letters are in it."""

from collections.abc import Iterable, Sequence
from html import escape

from aponta.pipeline.for_vendor.specification import Specification
from aponta.words import Words

WIDTH, HEIGHT = 595.28, 841.89  # points
LEFT, RIGHT, BOTTOM = 46.0, WIDTH - 46.0, HEIGHT - 40.0
SANS = "Liberation Sans, Arial, Helvetica, sans-serif"
MONO = "Liberation Mono, DejaVu Sans Mono, Consolas, Courier New, monospace"
INK, SOFT, LINE, TINT, MARK = "#16202b", "#5b6b7b", "#d5dde5", "#f3f6f9", "#0b6e4f"
NARROW, BROAD = "iljtfrI.,;:'|()[]!·- ", "mwMW@%—"
SCALES = (
    1.12,
    1.06,
    1.0,
    0.94,
    0.88,
    0.82,
    0.76,
    0.7,
    0.6,
    0.5,
)  # of letters and spaces: the first with which all stands on the page


class Page:
    """Things are put under one another; `y` is where the next one goes."""

    def __init__(self, scale: float) -> None:
        self.scale, self.y, self._drawn = scale, 0.0, list[str]()

    def text(
        self, x: float, said: str, size: float, *, bold: bool = False, mono: bool = False, fill: str = INK
    ) -> None:
        """One line, its feet at `y`."""
        weight = ' font-weight="700"' if bold else ""
        self._drawn.append(
            f'<text x="{x:.2f}" y="{self.y:.2f}" font-family="{MONO if mono else SANS}" '
            f'font-size="{size * self.scale:.2f}"{weight} fill="{fill}" xml:space="preserve">{escape(said)}</text>'
        )

    def box(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """A filled rectangle."""
        self._drawn.append(
            f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" rx="3" fill="{fill}"/>'
        )

    def mark(self, x: float, *, done: bool) -> None:
        """A tick, or an arrow: drawn, since not every letter has them."""
        path = "M0.5 -3.2 L3 -0.6 L8 -6.6" if done else "M0.5 -3 H8 M5.2 -5.8 L8 -3 L5.2 -0.2"
        self._drawn.append(
            f'<path transform="translate({x:.2f} {self.y:.2f}) scale({self.scale:.3f})" d="{path}" fill="none" '
            f'stroke="{MARK if done else INK}" stroke-width="1.3" stroke-linecap="round" stroke-linejoin="round"/>'
        )

    def rule(self, fill: str = LINE, height: float = 0.6) -> None:
        """A line across the page at `y`."""
        self._drawn.append(
            f'<rect x="{LEFT}" y="{self.y:.2f}" width="{RIGHT - LEFT:.2f}" height="{height}" fill="{fill}"/>'
        )

    def down(self, points: float) -> None:
        """Goes on so far below."""
        self.y += points * self.scale

    def wrapped(self, x: float, said: str, size: float, width: float, lead: float, *, fill: str = INK) -> float:
        """Lines from `y` on; where the last one stands. `y` stays."""
        begun = self.y
        for number, line in enumerate(lines_of(said, size * self.scale, width)):
            self.y = begun + number * lead * self.scale
            self.text(x, line, size, fill=fill)
        last, self.y = self.y, begun
        return last

    def svg(self) -> str:
        """The whole page."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
            f'viewBox="0 0 {WIDTH} {HEIGHT}"><rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
            f"{''.join(self._drawn)}</svg>"
        )


def pdf(spec: Specification, words: Words) -> bytes:
    """One page of A4."""
    import vl_convert

    return bytes(vl_convert.svg_to_pdf(draw(spec, words)))


def draw(spec: Specification, words: Words) -> str:
    """SVG, as large as the page takes it. Of more rows than one page holds, the last ones are cut off."""
    for scale in SCALES:
        page = _page(spec, words, scale)
        if page.y <= BOTTOM:
            break
    return page.svg()


def _page(spec: Specification, words: Words, scale: float) -> Page:
    page = Page(scale)
    say = words.say
    page.box(0, 0, WIDTH, 7, MARK)
    page.y = 46.0
    page.text(LEFT, say("pipeline.vendor.title"), 20, bold=True)
    page.down(17)
    for_whom = say("pipeline.vendor.of", factory=spec.factory, machines=", ".join(spec.machines) or "-")
    for line in lines_of(for_whom, 9.5 * scale, RIGHT - LEFT):
        page.text(LEFT, line, 9.5, fill=SOFT)
        page.down(12)
    page.text(LEFT, say("pipeline.vendor.layout", layout=spec.layout, version=spec.version), 9.5, fill=SOFT)
    page.down(10)
    page.rule()

    _head(page, say("pipeline.vendor.file"))
    for label, said in spec.facts:
        page.text(LEFT, label, 8.8, fill=SOFT)
        page.y = page.wrapped(LEFT + 92, said, 8.8, RIGHT - LEFT - 92, 11)
        page.down(12.2)

    _head(page, say("pipeline.vendor.rows"))
    _table(
        page,
        [say(f"pipeline.vendor.head.{name}") for name in ("field", "place", "format", "example")],
        [(one.name, one.place, one.format, one.example) for one in spec.values],
    )

    _head(page, say("pipeline.vendor.example"))
    _example(page, spec.example.rows, spec.example.name)

    _head(page, say("pipeline.vendor.asked"))
    for wish in spec.wishes:
        page.mark(LEFT, done=bool(wish.met))
        page.y = page.wrapped(LEFT + 15, wish.says, 8.8, RIGHT - LEFT - 15, 10.8, fill=SOFT if wish.met else INK)
        page.down(12.4)
    page.down(3)
    for x, done, said in ((LEFT, True, "done"), (LEFT + 190, False, "open")):
        page.mark(x, done=done)
        page.text(x + 15, say(f"pipeline.vendor.{said}"), 7.8, fill=SOFT)
    return page


def _head(page: Page, said: str) -> None:
    page.down(17)
    page.text(LEFT, said, 11.5, bold=True, fill=MARK)
    page.down(14)


def _table(page: Page, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lefts = [LEFT + 4, LEFT + 96, LEFT + 184, LEFT + 358]
    ends = [*lefts[1:], RIGHT]
    for x, head in zip(lefts, heads, strict=True):
        page.text(x, head, 7.8, bold=True, fill=SOFT)
    page.down(4)
    page.rule(SOFT)
    page.down(10.5)
    for row in rows:
        lasts = []
        for number, (x, end, cell) in enumerate(zip(lefts, ends, row, strict=True)):
            if number == 3:
                page.text(x, shortened(cell, 8 * page.scale, end - x), 8, mono=True)
                lasts.append(page.y)
            else:
                lasts.append(page.wrapped(x, cell, 8.6, end - x - 6, 10))
        page.y = max(lasts)
        page.down(3.4)
        page.rule()
        page.down(10)
    page.down(-8)


def _example(page: Page, rows: Sequence[str], name: str) -> None:
    size, lead = 7.6, 10.4
    page.text(LEFT, name, 8, mono=True, fill=SOFT)
    page.down(15)
    height = (len(rows) * lead + 10) * page.scale
    top = page.y - 8 * page.scale
    page.box(LEFT, top, RIGHT - LEFT, height, TINT)
    page.down(4)
    for row in rows:
        page.text(LEFT + 8, shortened(row, size * page.scale, RIGHT - LEFT - 16), size, mono=True)
        page.down(lead)
    page.y = top + height


def lines_of(said: str, size: float, width: float) -> list[str]:
    """Broken between words, so that each line fits into so many points."""
    lines: list[str] = []
    for word in said.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and wide(longer, size) > width:
            lines.append(word)
        else:
            lines[-1:] = [longer]
    return lines


def wide(said: str, size: float) -> float:
    """About so many points of the plain letters, rather too many."""
    return sum(
        size * (0.3 if one in NARROW else 0.9 if one in BROAD else 0.7 if one.isupper() else 0.56) for one in said
    )


def shortened(said: str, size: float, width: float) -> str:
    """Of letters all as wide as each other: as many as fit, and … where some do not."""
    most = int(width / (size * 0.602))
    return said if len(said) <= most else f"{said[: most - 1]}…"
