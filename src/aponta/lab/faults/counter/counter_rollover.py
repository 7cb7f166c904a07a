"""The counter reaches its last number in mid-hour and goes on at 0: the layout declares it, so it is no restart."""

from collections.abc import Sequence

from aponta.lab.delivery import Fault, as_it_should, middle
from aponta.lab.form import Form
from aponta.lab.simulation.machine import Item


def number(first: int, items: Sequence[Item], counters: int) -> Sequence[int]:
    """Whatever came before: it had been set close to its end."""
    before = middle(items)
    return [*range(counters - before, counters), *range(len(items) - before)]


def form(usual: Form) -> Form:
    """Its layout says where the counter goes on at 0."""
    (line,) = (line for line in usual.toml.splitlines() if line.startswith("counter "))
    return usual.edited(line, line.replace(" }", f", rollover = {usual.counters} }}", 1))


FAULT = Fault("counter_rollover", as_it_should, number=number, form=form)
