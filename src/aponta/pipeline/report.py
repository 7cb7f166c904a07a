"""A pass from outside: how it is to run, who follows its progress, and its report."""

from collections.abc import Callable, Container, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from aponta.collect.landing import CollectResult
from aponta.ops.lock import LockHolder
from aponta.pipeline.declare import Shipped
from aponta.pipeline.files.accounting import PassCounts
from aponta.pipeline.restate.restatement import HoursToRestate
from aponta.pipeline.upgrade import Upgrade

Step = Literal["collect", "decode", "refine", "ship"]
STEPS: tuple[Step, ...] = ("collect", "decode", "refine", "ship")


@dataclass(frozen=True)
class PassOptions:
    steps: Sequence[Step] = STEPS
    wait_seconds: float = 30  # for another pass to end
    wait_for_young: bool = True  # until files that are still written have rested
    run_id: str = ""  # names the pass in the log
    resting: Container[str] = ()  # sources that are not polled this time
    # A person or a schedule wants it now; else stock systems that lately did not answer are not asked again yet.
    requested: bool = True


@dataclass(frozen=True)
class Progress:
    """Called as a pass advances (step, done, total), waits for another pass, and has upgraded the folder."""

    step: Callable[[str, int, int], None] = lambda step, done, total: None
    wait: Callable[[LockHolder], None] = lambda holder: None
    upgraded: Callable[[Upgrade], None] = lambda upgrade: None


@dataclass
class Report:
    """The outcome of a pass."""

    run: str = ""  # names it in the log
    batch: int = 0  # the last published one
    counts: PassCounts = field(default_factory=PassCounts)
    collected: CollectResult | None = None
    restated: dict[str, HoursToRestate] = field(default_factory=dict)  # by machine
    shipped: Shipped = field(default_factory=Shipped)
    upgraded: Upgrade = field(default_factory=Upgrade)  # of what an earlier release left
    no_start: tuple[str, ...] = ()  # destinations without a date from which to declare
    seconds: float = 0
    profile: dict[str, float] = field(default_factory=dict)  # seconds by step

    def add_restated(self, hours: HoursToRestate) -> None:
        """Adds hours of a machine to those restated before."""
        before = self.restated.get(hours.machine)
        self.restated[hours.machine] = replace(hours, hours=hours.hours + (before.hours if before else 0))

    def as_json(self) -> dict[str, Any]:
        """The document of `aponta run --json`."""
        stock = {name: getattr(self.shipped, name) for name in ("prepared", "acknowledged", "rejected", "unknown")}
        return {
            "run": self.run,
            "files": self.counts.files,
            "rows": self.counts.rows,
            "items": self.counts.items,
            "restated": [asdict(hours) for _, hours in sorted(self.restated.items())],
            "stock": stock,
            "upgraded": self.upgraded.as_json(),
            "seconds": round(self.seconds, 3),
            "profile": {name: round(spent, 3) for name, spent in self.profile.items()},
        }
