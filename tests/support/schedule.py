"""A plugin of pytest: in which order tests are handed to workers, and which of them one worker gets together.

The tests of a file share what was made for them, those of a server the server: each goes to one worker. What takes
longest begins, so that all workers end at the same time.
"""

from collections import Counter
from typing import Any

import pytest
from budget import TABLE, budgets, part
from xdist.scheduler import LoadScopeScheduling

# Beginnings of tests' names -> what they share: a stock system that is started once, factories that are simulated once.
SHARED = {
    "tests/ship/destinations/test_tryton": "Tryton",
    "tests/ship/destinations/test_rest": "Lambda ERP",
    "tests/lab/": "simulated factories",
    "tests/journeys/": "a browser",
}
ALONE = "tests/pipeline/kill/"  # each of these takes a minute, and shares nothing


class Together(LoadScopeScheduling):
    """Units of work by what is shared, the longest first; `--no-loadscope-reorder`: in the order asked for."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        super().__init__(config, log)
        self.folders = budgets(TABLE.read_text(encoding="utf-8"))
        self.in_order = not config.option.loadscopereorder
        config.option.loadscopereorder = False
        self.seconds: dict[str | None, float] = {}

    def schedule(self) -> None:
        if self.collection is None:
            tests = next(iter(self.registered_collections.values()))
            counts = Counter(part(test, self.folders) for test in tests)
            self.seconds = {one: self.folders.get(one or "", 0) / count for one, count in counts.items()}
        super().schedule()

    def _assign_work_unit(self, node: Any) -> None:
        if not self.in_order:
            longest = max(self.workqueue, key=lambda unit: sum(map(self._cost, self.workqueue[unit])))
            self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        for beginning, shared in SHARED.items():
            if nodeid.startswith(beginning):
                return f"{shared} {'sqlite' in nodeid}" if shared == "Tryton" else shared
        return nodeid if nodeid.startswith(ALONE) else nodeid.partition("::")[0]

    def _cost(self, nodeid: str) -> float:
        return self.seconds.get(part(nodeid, self.folders), 0.0)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    return Together(config, log) if config.getvalue("dist") == "loadfile" else None
