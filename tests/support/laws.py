"""Laws that hold for any drawn input: how often they are tried, and how two outcomes are compared."""

import os

from hypothesis import given, settings


def law(examples, given_, test):
    """The law as a test of so many examples; `make search` multiplies their number."""
    times = int(os.environ.get("APONTA_SEARCH", "1"))
    return settings(max_examples=examples * times, deadline=None)(given(given_)(test))


def same(left, right):
    """Tables by their names, table by table: the first that differs fails with its name."""
    for name in left:
        assert left[name] == right[name], name
