"""A page of A4: drawn as SVG, made a PDF by what draws the charts; its letters are in it."""

from collections.abc import Callable
from html import escape

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


class PrintedPage:
    """Things are put under one another; `y` is where the next one goes."""

    def __init__(self, scale: float) -> None:
        self.scale, self.y, self._drawn = scale, 0.0, list[str]()

    def text(
        self,
        x: float,
        said: str,
        size: float,
        *,
        bold: bool = False,
        mono: bool = False,
        fill: str = INK,
        ends: bool = False,
    ) -> None:
        """One line, its feet at `y`; it begins at `x`, or ends there."""
        weight = (' font-weight="700"' if bold else "") + (' text-anchor="end"' if ends else "")
        self._drawn.append(
            f'<text x="{x:.2f}" y="{self.y:.2f}" font-family="{MONO if mono else SANS}" '
            f'font-size="{size * self.scale:.2f}"{weight} fill="{fill}" xml:space="preserve">{escape(said)}</text>'
        )

    def box(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """A filled rectangle."""
        self._drawn.append(
            f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" rx="3" fill="{fill}"/>'
        )

    def tick(self, x: float, *, done: bool) -> None:
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

    def move(self, points: float) -> None:
        """Goes on so far below."""
        self.y += points * self.scale

    def wrapped(self, x: float, said: str, size: float, width: float, lead: float, *, fill: str = INK) -> float:
        """Lines from `y` on; where the last one stands. `y` stays."""
        begun = self.y
        for number, line in enumerate(wrap_text(said, size * self.scale, width)):
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

    def heading(self, said: str) -> None:
        """The head of a part of the page."""
        self.move(17)
        self.text(LEFT, said, 11.5, bold=True, fill=MARK)
        self.move(14)

    def title(self, title: str) -> None:
        """The band over the page and its title."""
        self.box(0, 0, WIDTH, 7, MARK)
        self.y = 46.0
        self.text(LEFT, title, 20, bold=True)
        self.move(17)


def fit_to_page(draw: Callable[[float], PrintedPage]) -> PrintedPage:
    """`draw` puts everything on a page of a scale. Of more than one page holds, the last is cut off."""
    for scale in SCALES:
        page = draw(scale)
        if page.y <= BOTTOM:
            break
    return page


def to_pdf(page: PrintedPage) -> bytes:
    """The page as a PDF."""
    import vl_convert

    return bytes(vl_convert.svg_to_pdf(page.svg()))


def wrap_text(said: str, size: float, width: float) -> list[str]:
    """Broken between words, so that each line fits into so many points."""
    lines: list[str] = []
    for word in said.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1:] = [longer]
    return lines


def text_width(said: str, size: float) -> float:
    """About so many points of the plain letters, rather too many."""
    return sum(
        size * (0.3 if one in NARROW else 0.9 if one in BROAD else 0.7 if one.isupper() else 0.56) for one in said
    )


def truncate(said: str, size: float, width: float) -> str:
    """Of letters all as wide as each other: as many as fit, and … where some do not."""
    most = int(width / (size * 0.602))
    return said if len(said) <= most else f"{said[: most - 1]}…"
