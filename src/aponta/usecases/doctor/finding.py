"""Findings of `aponta doctor`."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Finding:
    check: str
    state: Literal["good", "warning", "bad"]
    message: str  # key of words, below cli.health
    facts: dict[str, Any] = field(default_factory=dict)
