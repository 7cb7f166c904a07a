"""Pydantic's errors in words of ours: its own are English, and for programmers."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from aponta.words import Phrase, knows

OF_A_KIND = re.compile("_(attributes_type|type|parsing.*|from_.*|object_invalid)$")


def rule_of(wrong: ErrorDetails) -> Phrase:
    """The broken rule as a phrase, shown in the reader's language."""
    key = f"config.rule.{rule_name(wrong['type'])}"
    facts: Mapping[str, Any] = wrong.get("ctx", {})
    return Phrase(key if knows(key) else "config.rule.other", {name: _plain(fact) for name, fact in facts.items()})


def rule_name(kind: str) -> str:
    """The key of pydantic's kind of error in our words: all ways of being no whole number are `int`."""
    return OF_A_KIND.sub("", kind)


def redacted(text: str) -> str:
    """The text without addresses, which may carry passwords."""
    return re.sub(r"://[^'\"\s]+", "://...", text)


def _plain(fact: object) -> object:
    if isinstance(fact, float) and fact.is_integer():
        return int(fact)
    if isinstance(fact, int | float):
        return fact
    return redacted(str(fact)).replace(" or ", ", ")  # pydantic joins its lists of expected values with "or"
