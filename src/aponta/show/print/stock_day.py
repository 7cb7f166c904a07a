"""A day's reconciliation as one page of A4 for the accountant: produced, declared, in stock, and every difference."""

from collections.abc import Sequence
from decimal import Decimal

from aponta.config import Factory
from aponta.contract.stock.reconciliation import ReconciledDay, StockGap
from aponta.show.print.page import INK, LEFT, MARK, RIGHT, SOFT, PrintedPage, fit_to_page, wrap_text
from aponta.words import Words

COLUMNS = ("good", "scrap", "due", "declared", "acknowledged", "in_stock")
SHOWN = 25  # differences


def draw_stock_day(factory: Factory, days: Sequence[ReconciledDay], head: str, words: Words) -> PrintedPage:
    """days: one day, once for each stock system. head: hash of the last receipt, which lets anybody prove the chain."""
    return fit_to_page(lambda scale: _page(factory, days, head, words, scale))


def difference_text(factory: Factory, gap: StockGap, words: Words) -> str:
    """A difference in a line, with the files of its hour."""
    at = f"{gap.hour.astimezone(factory.zone):%Y-%m-%d %H:%M}"
    facts = {"machine": gap.machine or "-", "product": gap.product or "-", "hour": at, "said": gap.declared}
    line = words.say(
        f"pipeline.gap.{gap.kind}", **facts, there=gap.in_stock, key=gap.key, reference=gap.reference or "-"
    )
    return f"{line} [{', '.join(gap.files)}]" if gap.files else line


def _page(factory: Factory, days: Sequence[ReconciledDay], head: str, words: Words, scale: float) -> PrintedPage:
    page, say = PrintedPage(scale), words.say
    page.title(say("pipeline.reconciled.title"))
    settings = factory.settings.factory
    for line in (
        f"{settings.name} · {settings.site}",
        *(say("pipeline.reconciled.of", day=f"{one.day:%d/%m/%Y}", name=one.destination) for one in days),
    ):
        page.text(LEFT, line, 9.5, fill=SOFT)
        page.move(12)
    for day in days:
        _destination(page, factory, day, words)
    page.move(16)
    page.text(LEFT, say("pipeline.reconciled.head"), 8, fill=SOFT)
    page.move(11)
    page.text(LEFT, head or "-", 8, mono=True)
    return page


def _destination(page: PrintedPage, factory: Factory, day: ReconciledDay, words: Words) -> None:
    say = words.say
    page.heading(say("cli.differences", count=len(day.gaps)))
    made = f"{day.made_at.astimezone(factory.zone):%d/%m/%Y %H:%M}"
    page.text(LEFT, say("pipeline.reconciled.made", at=made, who=day.who, documents=day.documents), 8.8, fill=SOFT)
    page.move(16)
    ends = [RIGHT - 4 - (len(COLUMNS) - 1 - number) * 62 for number in range(len(COLUMNS))]
    page.text(LEFT + 4, say("pipeline.reconciled.product"), 7.8, bold=True, fill=SOFT)
    for x, name in zip(ends, COLUMNS, strict=True):
        page.text(x, say(f"pipeline.reconciled.{name}"), 7.8, bold=True, fill=SOFT, ends=True)
    page.move(4)
    page.rule(SOFT)
    page.move(10.5)
    for line in day.by_product():
        even = line.due == line.declared and line.acknowledged == line.in_stock
        page.text(LEFT + 4, line.product, 8.6, fill=MARK if even else INK)
        for x, name in zip(ends, COLUMNS, strict=True):
            page.text(x, _shown(getattr(line, name), words), 8.6, bold=not even, ends=True)
        page.move(3.4)
        page.rule()
        page.move(10)
    if day.refused:
        page.text(LEFT, say("cli.refused_pieces", count=day.refused), 8.8, bold=True)
        page.move(12)
    if day.waits:
        page.text(LEFT, say("cli.waits", count=day.waits), 8.8, fill=SOFT)
        page.move(12)
    for gap in day.gaps[:SHOWN]:
        for text in wrap_text(difference_text(factory, gap, words), 8.2 * page.scale, RIGHT - LEFT):
            page.text(LEFT, text, 8.2)
            page.move(10)
    if len(day.gaps) > SHOWN:
        page.text(LEFT, say("cli.more_gaps", count=len(day.gaps) - SHOWN), 8.2, fill=SOFT)
        page.move(10)


def _shown(value: int | Decimal, words: Words) -> str:
    return words.show(value if isinstance(value, int) or value % 1 else int(value))
