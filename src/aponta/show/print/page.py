"""A page of A4, drawn as SVG and converted to a PDF by the package that draws charts; its fonts are embedded."""

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
)  # of letters and spaces: the first with which everything fits on the page


class PrintedPage:
    """Draws from top to bottom; `y` is the baseline of whatever comes next, in points."""

    def __init__(self, scale: float) -> None:
        self.scale, self.y, self._drawn = scale, 0.0, list[str]()

    def text(
        self,
        x: float,
        text: str,
        size: float,
        *,
        bold: bool = False,
        mono: bool = False,
        fill: str = INK,
        ends: bool = False,
    ) -> None:
        """Draws one line at `y`; it begins at `x`, or ends there (`ends`)."""
        weight = (' font-weight="700"' if bold else "") + (' text-anchor="end"' if ends else "")
        self._drawn.append(
            f'<text x="{x:.2f}" y="{self.y:.2f}" font-family="{MONO if mono else SANS}" '
            f'font-size="{size * self.scale:.2f}"{weight} fill="{fill}" xml:space="preserve">{escape(text)}</text>'
        )

    def box(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """Draws a filled rectangle."""
        self._drawn.append(
            f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" rx="3" fill="{fill}"/>'
        )

    def tick(self, x: float, *, done: bool) -> None:
        """Draws a tick (`done`) or an arrow as a path, since not every font has them."""
        path = "M0.5 -3.2 L3 -0.6 L8 -6.6" if done else "M0.5 -3 H8 M5.2 -5.8 L8 -3 L5.2 -0.2"
        self._drawn.append(
            f'<path transform="translate({x:.2f} {self.y:.2f}) scale({self.scale:.3f})" d="{path}" fill="none" '
            f'stroke="{MARK if done else INK}" stroke-width="1.3" stroke-linecap="round" stroke-linejoin="round"/>'
        )

    def rule(self, fill: str = LINE, height: float = 0.6) -> None:
        """Draws a line across the page at `y`."""
        self._drawn.append(
            f'<rect x="{LEFT}" y="{self.y:.2f}" width="{RIGHT - LEFT:.2f}" height="{height}" fill="{fill}"/>'
        )

    def move(self, points: float) -> None:
        """Moves `y` down."""
        self.y += points * self.scale

    def wrapped(self, x: float, text: str, size: float, width: float, lead: float, *, fill: str = INK) -> float:
        """Draws lines from `y` on; returns the `y` of the last. `y` stays."""
        top = self.y
        for number, line in enumerate(wrap_text(text, size * self.scale, width)):
            self.y = top + number * lead * self.scale
            self.text(x, line, size, fill=fill)
        last, self.y = self.y, top
        return last

    def svg(self) -> str:
        """The whole page."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
            f'viewBox="0 0 {WIDTH} {HEIGHT}"><rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
            f"{''.join(self._drawn)}</svg>"
        )

    def heading(self, text: str) -> None:
        """Draws the heading of a section."""
        self.move(17)
        self.text(LEFT, text, 11.5, bold=True, fill=MARK)
        self.move(14)

    def title(self, title: str) -> None:
        """Draws the band at the top and the title of the page."""
        self.box(0, 0, WIDTH, 7, MARK)
        self.y = 46.0
        self.text(LEFT, title, 20, bold=True)
        self.move(17)


def fit_to_page(draw: Callable[[float], PrintedPage]) -> PrintedPage:
    """Draws with the largest scale with which everything fits; at the smallest, the end is cut off."""
    for scale in SCALES:
        page = draw(scale)
        if page.y <= BOTTOM:
            break
    return page


def to_pdf(page: PrintedPage) -> bytes:
    """The page as a PDF."""
    import vl_convert

    return bytes(vl_convert.svg_to_pdf(page.svg()))


def wrap_text(text: str, size: float, width: float) -> list[str]:
    """Lines, broken between words, that each fit into `width` points."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1:] = [longer]
    return lines


def text_width(text: str, size: float) -> float:
    """The width in points of text in SANS, estimated, rather too wide."""
    return sum(
        size * (0.3 if char in NARROW else 0.9 if char in BROAD else 0.7 if char.isupper() else 0.56) for char in text
    )


def truncate(text: str, size: float, width: float) -> str:
    """Text in MONO, cut to `width` points, with … where it was cut."""
    most = int(width / (size * 0.602))
    return text if len(text) <= most else f"{text[: most - 1]}…"
