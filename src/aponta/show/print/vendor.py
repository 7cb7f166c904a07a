"""The specification for a machine's vendor as one page of A4."""

from collections.abc import Iterable, Sequence

from aponta.contract.vendor import Specification
from aponta.show.print.page import INK, LEFT, RIGHT, SOFT, TINT, PrintedPage, fit_to_page, to_pdf, truncate, wrap_text
from aponta.words import Words


def specification_pdf(spec: Specification, words: Words) -> bytes:
    """The specification as a PDF of one page of A4."""
    return to_pdf(draw_specification(spec, words))


def draw_specification(spec: Specification, words: Words) -> PrintedPage:
    """The page, drawn as large as it fits; rows that no page holds are cut off."""
    return fit_to_page(lambda scale: _page(spec, words, scale))


def _page(spec: Specification, words: Words, scale: float) -> PrintedPage:
    page = PrintedPage(scale)
    say = words.say
    page.title(say("pipeline.vendor.title"))
    for_whom = say("pipeline.vendor.of", factory=spec.factory, machines=", ".join(spec.machines) or "-")
    for line in wrap_text(for_whom, 9.5 * scale, RIGHT - LEFT):
        page.text(LEFT, line, 9.5, fill=SOFT)
        page.move(12)
    page.text(LEFT, say("pipeline.vendor.layout", layout=spec.layout, version=spec.version), 9.5, fill=SOFT)
    page.move(10)
    page.rule()

    page.heading(say("pipeline.vendor.file"))
    for label, value in spec.facts:
        page.text(LEFT, label, 8.8, fill=SOFT)
        page.y = page.wrapped(LEFT + 92, value, 8.8, RIGHT - LEFT - 92, 11)
        page.move(12.2)

    page.heading(say("pipeline.vendor.rows"))
    _table(
        page,
        [say(f"pipeline.vendor.head.{name}") for name in ("field", "place", "format", "example")],
        [(one.name, one.place, one.format, one.example) for one in spec.values],
    )

    page.heading(say("pipeline.vendor.example"))
    _example(page, spec.example.rows, spec.example.name)

    page.heading(say("pipeline.vendor.asked"))
    for requirement in spec.requirements:
        page.tick(LEFT, done=bool(requirement.is_met))
        page.y = page.wrapped(
            LEFT + 15, requirement.text, 8.8, RIGHT - LEFT - 15, 10.8, fill=SOFT if requirement.is_met else INK
        )
        page.move(12.4)
    page.move(3)
    for x, done, key in ((LEFT, True, "done"), (LEFT + 190, False, "open")):
        page.tick(x, done=done)
        page.text(x + 15, say(f"pipeline.vendor.{key}"), 7.8, fill=SOFT)
    return page


def _table(page: PrintedPage, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lefts = [LEFT + 4, LEFT + 96, LEFT + 184, LEFT + 358]
    ends = [*lefts[1:], RIGHT]
    for x, head in zip(lefts, heads, strict=True):
        page.text(x, head, 7.8, bold=True, fill=SOFT)
    page.move(4)
    page.rule(SOFT)
    page.move(10.5)
    for row in rows:
        lasts = []
        for number, (x, end, cell) in enumerate(zip(lefts, ends, row, strict=True)):
            if number == 3:
                page.text(x, truncate(cell, 8 * page.scale, end - x), 8, mono=True)
                lasts.append(page.y)
            else:
                lasts.append(page.wrapped(x, cell, 8.6, end - x - 6, 10))
        page.y = max(lasts)
        page.move(3.4)
        page.rule()
        page.move(10)
    page.move(-8)


def _example(page: PrintedPage, rows: Sequence[str], name: str) -> None:
    size, lead = 7.6, 10.4
    page.text(LEFT, name, 8, mono=True, fill=SOFT)
    page.move(15)
    height = (len(rows) * lead + 10) * page.scale
    top = page.y - 8 * page.scale
    page.box(LEFT, top, RIGHT - LEFT, height, TINT)
    page.move(4)
    for row in rows:
        page.text(LEFT + 8, truncate(row, size * page.scale, RIGHT - LEFT - 16), size, mono=True)
        page.move(lead)
    page.y = top + height
