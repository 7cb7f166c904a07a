"""aponta stock reconcile, accept: declarations compared with the stock system's documents."""

import getpass
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aponta.cli.stock.destination import To, amount, chosen_destinations
from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory

if TYPE_CHECKING:
    from aponta.config import Factory
    from aponta.contract.stock.reconciliation import ReconciledDay

SHOWN = 20  # differences of a day


def add_to(app: typer.Typer) -> None:
    for name, command in (("reconcile", reconcile), ("accept", accept_document)):
        app.command(name)(command)


def reconcile(
    to: To = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="From this day on, 2026-03-02; default yesterday.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DAY", help="And with this one; default today.")
    ] = None,
    pdf: Annotated[
        Path | None, typer.Option(help="Write the last of these days as one page of A4 there, for the accountant.")
    ] = None,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Compare production, declarations and stock.

    By machine, product and hour, with the stock system's own account of its documents.

    Missing documents are posted again with the next pass. Documents that a person changed, cancelled or added are shown
    with their files, for a person to decide: `aponta stock retry`, `settle`, `void` or `accept`.

    \b
    aponta stock reconcile
    aponta stock reconcile --from 2026-03-02 --until 2026-03-08 --pdf stock.pdf
    """
    factory = load_factory(folder, as_json)
    from aponta.contract.clock import system_clock
    from aponta.ops.database import transaction
    from aponta.ops.lock import exclusive
    from aponta.pipeline.ledger.receipts import chain_head
    from aponta.usecases.stock import reconciliation

    today = system_clock().astimezone(factory.zone).date()
    first = _day(since) if since else (_day(until) if until else today) - timedelta(days=1)
    last = _day(until) if until else max(first, today if since is None else first)
    days: list[ReconciledDay] = []
    with exclusive(factory, system_clock) as engine:
        with transaction(engine, reading=True) as connection:
            head = chain_head(connection)
        for destination in chosen_destinations(factory, to):
            for day in _days(first, last):
                days.append(reconciliation.reconcile_stock(factory, engine, destination, day, _who(), system_clock))
                if not as_json:
                    _show_day(factory, days[-1])
    if pdf is not None:
        from aponta.ops.disk import write_whole
        from aponta.show.print import page, stock_day

        drawn = stock_day.draw_stock_day(factory, [each for each in days if each.day == last], head, output.words())
        write_whole(pdf, page.to_pdf(drawn))
    if as_json:
        output.print_json([reconciliation.day_as_json(each) for each in days])
    differences = sum(len(each.gaps) for each in days)
    if not as_json:
        output.print_result(output.words().say("cli.differences", count=differences))
        if any(each.requeued for each in days):
            output.message("cli.requeued", count=sum(each.requeued for each in days))
    if differences or any(each.refused for each in days):
        raise typer.Exit(1)


def accept_document(
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="Keys of documents that were never declared.")],
    why: Annotated[str, typer.Option("--why", help="Recorded with your name.")],
    to: To = None,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Accept documents that were never declared.

    They are no difference any more, as long as they stay the same.
    """
    factory = load_factory(folder, as_json)
    from aponta.contract.clock import system_clock
    from aponta.contract.stock.control import Decision
    from aponta.ops.database import connected
    from aponta.usecases.stock.reconciliation import accept_difference

    with connected(factory.ops_url) as engine:
        decided = Decision("accept", _who(), why, system_clock())
        count = sum(
            accept_difference(engine, section.name, keys, decided) for section in chosen_destinations(factory, to)
        )
    if as_json:
        output.print_json({"accept": count})
    else:
        output.message("cli.decided.accept", count=count)


def _who() -> str:
    return getpass.getuser()[:200]


def _day(text: str) -> date:
    """Raises ConfigError `cli.no_day`."""
    from aponta.errors import ConfigError

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError("cli.no_day", text=text) from None


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def _show_day(factory: "Factory", day: "ReconciledDay") -> None:
    from aponta.show.print.stock_day import difference_text

    words = output.words()
    output.print_result(words.say("cli.reconciled", name=day.destination, day=day.day.isoformat()))
    columns = ("product", "items", "good", "scrap", "due", "declared", "acknowledged", "in_stock", "unit")
    lines = day.by_product()
    if lines:
        output.print_table(
            [words.say(f"pipeline.reconciled.{name}") for name in columns],
            [[amount(getattr(line, name)) for name in columns] for line in lines],
        )
    for gap in day.gaps[:SHOWN]:
        output.print_result(difference_text(factory, gap, words))
    if len(day.gaps) > SHOWN:
        output.print_result(words.say("cli.more_gaps", count=len(day.gaps) - SHOWN))
    if day.refused:
        output.print_result(words.say("cli.refused_pieces", count=day.refused))
    if day.waits:
        output.print_result(words.say("cli.waits", count=day.waits))
