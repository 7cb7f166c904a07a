"""The states that a machine with PackML (ISA-TR88) reports over its life, derived from its pauses."""

from collections.abc import Sequence
from typing import NamedTuple

from aponta.lab.simulation.machine import ComponentFailure, MachinePause
from aponta.lab.simulation.nature import JAMS


class StateReport(NamedTuple):
    """From then on it is in this state; empty: it gives no reason."""

    at_ms: int
    state: str
    reason: str = ""


RUNNING, RESTING = "Execute", "Idle"
WITHIN = {  # a pause's reason -> the states that it passes through, each with the share of it after which it begins
    "start": ((0.0, "Starting"),),
    "changeover": ((0.0, "Completing"), (0.05, "Complete"), (0.3, "Resetting"), (0.9, "Starting")),
    "failure": ((0.0, "Aborting"), (0.01, "Aborted"), (0.9, "Clearing")),
    "no material": ((0.0, "Suspending"), (0.1, "Suspended"), (0.9, "Unsuspending")),
    "waiting for the forklift": ((0.0, "Suspended"),),
    **dict.fromkeys(JAMS, ((0.0, "Held"), (0.9, "Unholding"))),
}
BY_HAND = ((0.0, "Stopping"), (0.02, "Stopped"))  # by whom it works with
SILENT = ("start", "changeover")  # their states are reason enough


def reported_states(
    pauses: Sequence[MachinePause], runs: Sequence[tuple[int, int]], failures: Sequence[ComponentFailure] = ()
) -> list[StateReport]:
    """All states of a machine's life, in order of time, no two of one moment. runs: from when to when it may run.

    The reason of a failure is the component that failed; other pauses have their own reason, except those in SILENT.
    """
    component = {failure.failed_ms: failure.component for failure in failures}
    begins = {pause.started_ms for pause in pauses}
    rests = [closed for _, closed in runs if not any(one.started_ms <= closed < one.ended_ms for one in pauses)]
    found = [StateReport(closed, RESTING) for closed in rests if closed not in begins]
    for pause in pauses:
        reason = "" if pause.reason in SILENT else component.get(pause.started_ms, pause.reason)
        for share, state in WITHIN.get(pause.reason, BY_HAND):
            found.append(
                StateReport(pause.started_ms + round((pause.ended_ms - pause.started_ms) * share), state, reason)
            )
        if pause.ended_ms in begins or pause.ended_ms in rests:
            continue  # another one goes on from here
        running = any(opened <= pause.ended_ms < closed for opened, closed in runs)
        found.append(StateReport(pause.ended_ms, RUNNING if running else RESTING))
    return sorted({one.at_ms: one for one in found}.values())
