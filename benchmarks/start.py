"""How long `aponta --version` takes, and how much an installation weighs."""

import sysconfig
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import aponta, in_turn, median, once

# What a user of aponta installs beside aponta itself: the distributions its own requirements name, and theirs.
BOUND_MB = 700


def measure(work: Path) -> Iterator[str]:
    (turns,) = in_turn(9, lambda: once(aponta("--version")))
    yield f"start  aponta --version: {median(turns):.3f} s"
    yield f"start  core install: {installed_mb():.0f} MB (bound {BOUND_MB})"


def installed_mb() -> float:
    """aponta and what it requires, without the development extras, as files on disk."""
    from importlib.metadata import PackageNotFoundError, distribution

    from packaging.requirements import Requirement

    todo, seen, total = ["aponta"], set[str](), 0
    site = Path(sysconfig.get_paths()["purelib"])
    while todo:
        name = todo.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        for file in found.files or ():
            path = site / file
            total += path.stat().st_size if path.is_file() else 0
        for text in found.requires or ():
            required = Requirement(text)
            if required.marker is None or required.marker.evaluate({"extra": ""}):
                todo.append(required.name)
    return total / 2**20
