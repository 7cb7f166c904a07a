"""What `aponta doctor` found."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Finding:
    check: str
    state: Literal["good", "warning", "bad"]
    says: str  # key in words
    facts: dict[str, Any] = field(default_factory=dict)
