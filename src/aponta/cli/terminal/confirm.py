"""Before data is changed, a person sees the effect and confirms."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aponta.cli.terminal import output

if TYPE_CHECKING:
    from aponta.contract.stock.control import PendingQuantity


def confirm(yes: bool) -> bool:
    """Confirmed with --yes or at the terminal; never without a terminal, nor where the answer is JSON."""
    if yes:
        return True
    if output.settings.as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        output.message("cli.add_yes")
        return False
    words = output.words()
    print(words.say("cli.go_on"), end=" ", file=sys.stderr, flush=True)  # noqa: T201
    return sys.stdin.readline().strip().lower() in words.say("cli.yes").split(",")


def corrections_as_json(corrections: "Iterable[PendingQuantity]") -> list[dict[str, Any]]:
    """The corrections as rows of JSON."""
    from aponta.contract.stock.quantity import quantity_text

    return [{**vars(each), "quantity": quantity_text(each.quantity)} for each in corrections]


def print_corrections(rows: list[dict[str, Any]]) -> None:
    """Prints the corrections that stock would get, as a table."""
    if not rows:
        output.print_result(output.words().say("cli.no_correction"))
        return
    columns = ("destination", "product", "location", "pieces", "quantity", "unit")
    output.print_table(columns, [[row[name] for name in columns] for row in rows])
