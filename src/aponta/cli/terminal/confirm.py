"""Before something is done to data: what it would do is shown, and a person agrees."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aponta.cli.terminal import output

if TYPE_CHECKING:
    from aponta.contract.stock.control import PendingQuantity


def confirm(yes: bool) -> bool:
    """Said with --yes, or typed at a terminal. Where there is none, or a document is wanted, it is not."""
    if yes:
        return True
    if output.settings.as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        output.message("cli.add_yes")
        return False
    words = output.words()
    print(words.say("cli.go_on"), end=" ", file=sys.stderr, flush=True)  # noqa: T201
    return sys.stdin.readline().strip().lower() in words.say("cli.yes").split(",")


def corrections_as_json(found: "Iterable[PendingQuantity]") -> list[dict[str, Any]]:
    """As a document has them."""
    from aponta.contract.stock.quantity import quantity_text

    return [{**vars(one), "quantity": quantity_text(one.quantity)} for one in found]


def print_corrections(rows: list[dict[str, Any]]) -> None:
    """What stock would be told, as a table."""
    if not rows:
        output.print_result(output.words().say("cli.no_correction"))
        return
    columns = ("destination", "product", "location", "pieces", "quantity", "unit")
    output.print_table(columns, [[row[name] for name in columns] for row in rows])
