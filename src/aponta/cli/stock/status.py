"""aponta stock status: where each stock system stands."""

from decimal import Decimal
from typing import Any

import typer

from aponta.cli.stock.destination import amount, chosen_destinations
from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, factory


def add_to(app: typer.Typer) -> None:
    app.command("status")(stock_status)


def stock_status(folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Show what was declared, what waits, what is on hand.

    Declarations of each destination by their state, the reasons of rejected ones, and the quantities that the stock
    system itself reports.
    """
    found = factory(folder, as_json)
    from aponta.contract.clock import system_clock
    from aponta.ops.database import connected
    from aponta.usecases.read.published import plain
    from aponta.usecases.stock.control import ask_on_hand, destination_status

    destinations = chosen_destinations(found, None)
    with connected(found.ops_url) as engine:
        stands = destination_status(found, engine)
    answer = []
    for destination, one in zip(destinations, stands, strict=True):
        held = ask_on_hand(found, destination, system_clock)
        told: dict[str, Any] = {"destination": one.destination, "kind": one.kind, "start": plain(one.start)}
        told["paused"] = one.paused is not None
        told.update(one.counts.items())
        told["oldest_waiting"] = plain(one.oldest_waiting)
        told["rejections"] = [
            {"key": entry.declaration.key, "why": output.words().error(entry.why)[0] if entry.why else None}
            for entry in one.rejected
        ]
        told["on_hand"] = (
            None
            if held.why
            else [
                {"product": product, "location": place, "quantity": f"{quantity.normalize():f}"}
                for product, place, quantity in held.quantities or ()
            ]
        )
        if held.why:
            told["unreachable"] = output.words().error(held.why)[0]
        answer.append(told)
    if as_json:
        output.document(answer)
        return
    for told in answer:
        apart = ("rejections", "on_hand")
        output.table(("", ""), [(name, value) for name, value in told.items() if name not in apart])
        if told["on_hand"]:
            output.result("")
            lines = [[line["product"], line["location"], amount(Decimal(line["quantity"]))] for line in told["on_hand"]]
            output.table(("product", "location", "quantity"), lines)
        for refusal in told["rejections"]:
            output.result(f"{refusal['key']}: {refusal['why']}")
