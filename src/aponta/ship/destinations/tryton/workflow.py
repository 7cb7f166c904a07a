"""From whatever state a production is in to its end, a button at a time for all of them at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from aponta.contract.stock.sink import Rejection
from aponta.errors import TransientError
from aponta.ship.destinations.tryton.document import Production, booking_dates, plain
from aponta.ship.destinations.tryton.rpc import Refusal, Rpc

STEPS = (  # from, button, to
    ("request", "draft", "draft"),
    ("draft", "wait", "waiting"),
    ("waiting", "assign_try", "assigned"),
    ("assigned", "run", "running"),
    ("running", "do", "done"),
)
_ENDED = ("done", "cancelled")
_ROUNDS = 10  # of somebody else pressing buttons of the same documents


def drive(rpc: Rpc, documents: Sequence[Production]) -> None:
    """Raises Refusal for a button that Tryton refuses, Rejection where there is not enough on hand to take back."""
    states = {one.id: one.state for one in documents}
    takes = {one.id for one in documents if one.takes}
    for _ in range(_ROUNDS):
        try:
            _press(rpc, states, takes)
        except Refusal:
            now = _now(rpc, states)
            if now == states:  # nobody else pressed a button: it is the document, or what it rests on
                raise
            states = now
            continue
        short = [id for id, state in states.items() if state == "waiting"]
        if not short:
            return
        rpc.call("production", "wait", short)  # gives back what was set aside of too little
        one = next(one for one in documents if one.id in short)
        place, code = one.posted.location, one.posted.stock_code
        raise Rejection(one.key, f"not enough on hand of {code} at {place} to take {plain(-one.posted.quantity)} back")
    raise TransientError("ship.unsure", destination=rpc.destination, why="somebody else works on these productions")


def change_dates(rpc: Rpc, documents: Sequence[Production], days: Mapping[str, date]) -> list[Production]:
    """Those that were begun take the day that is said now, by key, since their period may have been closed meanwhile:
    as drafts, for later it is not theirs to change. What was taken back has been booked once it runs.
    """
    late = {
        one.id: days[one.key]
        for one in documents
        if one.state not in _ENDED and one.booked_on != days[one.key] and not (one.takes and one.state == "running")
    }
    back = [one for one in documents if one.id in late and one.state not in ("request", "draft")]
    if waits := [one.id for one in back if one.state != "waiting"]:
        rpc.call("production", "wait", waits)
    if back:
        rpc.call("production", "draft", [one.id for one in back])
    for day in {*late.values()}:
        rpc.call("production", "write", [id for id, other in late.items() if other == day], booking_dates(day))
    return [replace(one, state="draft") if one in back else one for one in documents]


def _press(rpc: Rpc, states: dict[int, str], takes: set[int]) -> None:
    """Every button once, in order; `states` are kept up. What cannot be assigned stays `waiting`."""
    for state, button, to in STEPS:
        ids = sorted(id for id, at in states.items() if at == state)
        if not ids:
            continue
        rpc.call("production", button, ids)
        states.update(dict.fromkeys(ids, to))
        if button == "assign_try" and takes & set(ids):
            states.update(_now(rpc, ids))


def _now(rpc: Rpc, ids: Collection[int]) -> dict[int, str]:
    found = rpc.search_read("production", [["id", "in", sorted(ids)]], ["state"])
    return {one["id"]: one["state"] for one in found}
