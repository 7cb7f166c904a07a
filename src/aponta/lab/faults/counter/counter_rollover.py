"""The counter reaches its last number in mid-hour and goes on at 0: the layout declares it, so it is no restart."""

from collections.abc import Sequence

from aponta.lab.delivery import Fault, deliver_normally, middle_item
from aponta.lab.form import FileForm
from aponta.lab.simulation.machine import SimulatedItem


def _number(first: int, items: Sequence[SimulatedItem], counters: int) -> Sequence[int]:
    """Whatever came before: it had been set close to its end."""
    before = middle_item(items)
    return [*range(counters - before, counters), *range(len(items) - before)]


def _form(usual: FileForm) -> FileForm:
    """The form with a layout that declares where the counter goes on at 0."""
    (line,) = (line for line in usual.toml.splitlines() if line.startswith("counter "))
    return usual.with_layout_edit(line, line.replace(" }", f", rollover = {usual.counters} }}", 1))


FAULT = Fault("counter_rollover", deliver_normally, number=_number, form=_form)
