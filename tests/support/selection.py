"""A plugin of pytest: which of the tests that were asked for are run."""

import os
from collections.abc import Iterable

import pytest

AT_LENGTH = "_at_length"


def repeated(tests: Iterable[str]) -> set[str]:
    """Laws that another of the tests tries at length: its first examples are theirs."""
    asked = set(tests)
    return {test for test in asked if f"{test}{AT_LENGTH}" in asked}


@pytest.hookimpl(trylast=True)  # `-m` has had its say
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each law once; what only searches, only in `make search`."""
    searching = "APONTA_SEARCH" in os.environ
    asked = [item for item in items if searching or item.get_closest_marker("search") is None]
    needless = repeated(item.nodeid for item in asked)
    chosen = [item for item in asked if item.nodeid not in needless]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen
