"""aponta stock status: declarations by state, rejections, and stock on hand of each stock system."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import typer

from aponta.cli.stock.destination import amount, chosen_destinations
from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory

if TYPE_CHECKING:
    from aponta.contract.stock.control import DestinationStatus, StockOnHand


def add_to(app: typer.Typer) -> None:
    app.command("status")(stock_status)


def stock_status(folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Show declarations by state, and stock on hand.

    Of each destination: how many declarations are in which state, why declarations were rejected, and the quantities
    that the stock system itself reports.
    """
    factory = load_factory(folder, as_json)
    from aponta.contract.clock import system_clock
    from aponta.ops.database import connected
    from aponta.usecases.stock.control import ask_on_hand, destination_status

    sections = chosen_destinations(factory, None)
    with connected(factory.ops_url) as engine:
        statuses = destination_status(factory, engine)
    systems = [
        _as_json(status, ask_on_hand(factory, section, system_clock))
        for section, status in zip(sections, statuses, strict=True)
    ]
    if as_json:
        output.print_json(systems)
        return
    for system in systems:
        _show(system)


def _as_json(status: "DestinationStatus", on_hand: "StockOnHand") -> dict[str, Any]:
    from aponta.contract.stock.quantity import quantity_text
    from aponta.usecases.read.published import to_json

    words = output.words()
    system: dict[str, Any] = {
        "destination": status.destination,
        "kind": status.kind,
        "start": to_json(status.start),
        "paused": status.paused is not None,
        **{str(state): count for state, count in status.counts.items()},
        "oldest_waiting": to_json(status.oldest_waiting),
        "rejections": [
            {"key": entry.declaration.key, "why": words.error(entry.why)[0] if entry.why else None}
            for entry in status.rejected
        ],
        "on_hand": None,
    }
    if on_hand.why:
        return system | {"unreachable": words.error(on_hand.why)[0]}
    return system | {
        "on_hand": [
            {"product": product, "location": location, "quantity": quantity_text(quantity)}
            for product, location, quantity in on_hand.quantities or ()
        ]
    }


def _show(system: dict[str, Any]) -> None:
    tables = ("rejections", "on_hand")
    output.print_table(("", ""), [(name, value) for name, value in system.items() if name not in tables])
    if system["on_hand"]:
        output.print_result("")
        lines = [[line["product"], line["location"], amount(Decimal(line["quantity"]))] for line in system["on_hand"]]
        output.print_table(("product", "location", "quantity"), lines)
    for rejection in system["rejections"]:
        output.print_result(f"{rejection['key']}: {rejection['why']}")
