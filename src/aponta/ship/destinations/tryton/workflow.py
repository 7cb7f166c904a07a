"""Takes productions from any state to their end, one button at a time for all of them at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from aponta.contract.stock.quantity import quantity_text
from aponta.contract.stock.sink import Rejection
from aponta.errors import TransientError
from aponta.ship.destinations.tryton.document import Production, booking_dates
from aponta.ship.destinations.tryton.rpc import Refusal, Rpc

STEPS = (  # from, button, to
    ("request", "draft", "draft"),
    ("draft", "wait", "waiting"),
    ("waiting", "assign_try", "assigned"),
    ("assigned", "run", "running"),
    ("running", "do", "done"),
)
_ENDED = ("done", "cancelled")
_ROUNDS = 10  # while other people press buttons of the same productions


def drive(rpc: Rpc, productions: Sequence[Production]) -> None:
    """Raises Refusal where Tryton refuses a button, Rejection where there is too little on hand to take back."""
    states = {production.id: production.state for production in productions}
    takes = {production.id for production in productions if production.takes}
    for _ in range(_ROUNDS):
        try:
            _press(rpc, states, takes)
        except Refusal:
            now = _now(rpc, states)
            if now == states:  # nobody else pressed a button: the production itself is refused
                raise
            states = now
            continue
        short = [id for id, state in states.items() if state == "waiting"]
        if not short:
            return
        rpc.call("production", "wait", short)  # releases the part that was assigned
        first = next(production for production in productions if production.id in short)
        location, code = first.document.location, first.document.stock_code
        quantity = quantity_text(-first.document.quantity)
        raise Rejection(first.key, f"not enough on hand of {code} at {location} to take {quantity} back")
    raise TransientError("ship.unsure", destination=rpc.destination, why="somebody else works on these productions")


def change_dates(rpc: Rpc, productions: Sequence[Production], days: Mapping[str, date]) -> list[Production]:
    """Gives begun productions the booking day of now, by key, since their period may have been closed meanwhile. Only
    drafts can change it, so they become drafts again. A running correction is booked already and keeps its day.
    """
    late = {
        each.id: days[each.key]
        for each in productions
        if each.state not in _ENDED
        and each.booked_on != days[each.key]
        and not (each.takes and each.state == "running")
    }
    back = [each for each in productions if each.id in late and each.state not in ("request", "draft")]
    if assigned := [each.id for each in back if each.state != "waiting"]:
        rpc.call("production", "wait", assigned)
    if back:
        rpc.call("production", "draft", [each.id for each in back])
    for day in {*late.values()}:
        rpc.call("production", "write", [id for id, other in late.items() if other == day], booking_dates(day))
    return [replace(each, state="draft") if each in back else each for each in productions]


def _press(rpc: Rpc, states: dict[int, str], takes: set[int]) -> None:
    """Presses every button once, in order, and updates `states`. Productions that cannot be assigned stay `waiting`."""
    for state, button, to in STEPS:
        ids = sorted(id for id, at in states.items() if at == state)
        if not ids:
            continue
        rpc.call("production", button, ids)
        states.update(dict.fromkeys(ids, to))
        if button == "assign_try" and takes & set(ids):
            states.update(_now(rpc, ids))


def _now(rpc: Rpc, ids: Collection[int]) -> dict[int, str]:
    records = rpc.search_read("production", [["id", "in", sorted(ids)]], ["state"])
    return {record["id"]: record["state"] for record in records}
