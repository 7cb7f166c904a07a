"""Laws that hold whatever is drawn: how they are tried, and what of two outcomes must be equal."""

import os

from hypothesis import given, settings


def law(examples, given_, test):
    """The law as a test of so many examples, or as many times more as `make search` asks for."""
    times = int(os.environ.get("APONTA_SEARCH", "1"))
    return settings(max_examples=examples * times, deadline=None)(given(given_)(test))


def same(one, other):
    """Tables by their names, table by table: the first that differs is told."""
    for name in one:
        assert one[name] == other[name], name
