"""aponta stock: what was declared to the stock systems, and what waits."""

import getpass
from typing import Annotated, Any

import typer

from aponta.cli import output
from aponta.cli.options import AsJson, Folder, factory

app = typer.Typer(name="stock", no_args_is_help=True, help="What is declared to the stock systems, and what waits.")
Destination = Annotated[
    str | None, typer.Option("--to", metavar="NAME", help="Only this destination; default all of them.")
]


def _destinations(found: Any, name: str | None) -> list[Any]:
    from aponta.errors import ConfigError

    chosen = [one for one in found.settings.stock if name in (None, one.name)]
    if not chosen:
        raise ConfigError(
            "cli.no_destination", name=name or "-", names=", ".join(one.name for one in found.settings.stock) or "-"
        )
    return chosen


@app.command()
def status(folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Show what was declared, what waits, what is on hand.

    Declarations of each destination by their state, the reasons of rejected ones, and the quantities that the stock
    system itself reports.
    """
    found = factory(folder, as_json)
    from aponta.contract.clock import system_clock
    from aponta.ops.database import connected
    from aponta.pipeline.reading import plain
    from aponta.pipeline.stockroom import ask, standing

    destinations = _destinations(found, None)
    with connected(found.ops_url) as engine:
        stands = standing(found, engine)
    answer = []
    for destination, one in zip(destinations, stands, strict=True):
        held = ask(found, destination, system_clock)
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
            lines = [[line["product"], line["location"], _number(line["quantity"])] for line in told["on_hand"]]
            output.table(("product", "location", "quantity"), lines)
        for refusal in told["rejections"]:
            output.result(f"{refusal['key']}: {refusal['why']}")


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


@app.command()
def post(folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Post what waits now, without looking for new files."""
    found = factory(folder, as_json)
    from aponta.cli.logged import hindrances, passed
    from aponta.cli.run import concerns, tell

    report = passed(found, steps=("ship",))
    if as_json:
        output.document(report.as_json()["stock"])
    else:
        tell(report)
    code = concerns(report, hindrances(report))
    if code:
        raise typer.Exit(code)


@app.command()
def pause(
    why: Annotated[str, typer.Option("--why", help="Recorded beside who did it.")],
    to: Destination = None,
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Hold posting, as during a manual count.

    Facts go on being made, and declarations prepared: nothing is lost.

    \b
    aponta stock pause --why "count of January"
    """
    _held(factory(folder, as_json), to, as_json, why)


@app.command()
def resume(to: Destination = None, folder: Folder = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Go on posting after a pause.

    What was prepared meanwhile goes with the next pass.
    """
    _held(factory(folder, as_json), to, as_json, None)


def _held(found: Any, to: str | None, as_json: bool, why: str | None) -> None:
    from aponta.contract.clock import system_clock
    from aponta.ops.database import connected, transaction
    from aponta.ship import pause as holding

    with connected(found.ops_url) as engine, transaction(engine) as connection:
        names = [one.name for one in _destinations(found, to)]
        for name in names:
            if why is None:
                holding.resume(connection, name)
            else:
                holding.pause(connection, name, who=getpass.getuser()[:200], why=why, now=system_clock())
    if as_json:
        output.document({"destinations": names, "paused": why is not None})
    else:
        output.say("cli.paused" if why is not None else "cli.resumed", names=", ".join(names))


@app.command()
def retry(
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="Keys of rejected declarations.")],
    folder: Folder = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Post rejected declarations again, with the next pass.

    First mend their cause, which `aponta stock status` tells.
    """
    found = factory(folder, as_json)
    from aponta.contract.clock import system_clock
    from aponta.ops.database import connected, transaction
    from aponta.ship.outbox import retry as again

    with connected(found.ops_url) as engine, transaction(engine) as connection:
        count = again(connection, keys, found.products, system_clock())
    if as_json:
        output.document({"waiting": count})
    else:
        output.say("cli.retried", count=count)
