"""A plugin of pytest: which of the tests that were asked for are run."""

from collections.abc import Iterable

import pytest

AT_LENGTH = "_at_length"


def repeated(tests: Iterable[str]) -> set[str]:
    """Laws that another of the tests tries at length: its first examples are theirs."""
    asked = set(tests)
    return {test for test in asked if f"{test}{AT_LENGTH}" in asked}


@pytest.hookimpl(trylast=True)  # `-m` has had its say
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    needless = repeated(item.nodeid for item in items)
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in needless])
    items[:] = [item for item in items if item.nodeid not in needless]
