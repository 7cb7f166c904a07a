"""Laws that hold for any drawn input: how often they are tried, and how two outcomes are compared."""

import os
from functools import wraps

from hypothesis import given, settings


def law(examples, given_, test, first=None):
    """The law as a test of so many examples, or of the `first` of them alone; `make search` multiplies their number."""
    times = int(os.environ.get("APONTA_SEARCH", "1"))
    holds = 0

    @wraps(test)  # what is drawn depends on the name and the source
    def tried(*drawn, **named):
        nonlocal holds
        if first is None or holds < first * times:
            test(*drawn, **named)
            holds += 1

    return settings(max_examples=examples * times, deadline=None)(given(given_)(tried))


def same(left, right):
    """Tables by their names, table by table: the first that differs fails with its name."""
    for name in left:
        assert left[name] == right[name], name
