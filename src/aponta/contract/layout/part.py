"""The base of a layout's tables, and the types of its patterns."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from aponta.contract.rule import rule_error

ORIGINS = ("name", "path", "header", "trailer")


class LayoutPart(BaseModel):
    """A table of a layout: frozen, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise rule_error("pattern", at=(error.pos or 0) + 1) from None
    return pattern


def _linear(pattern: str) -> str:
    """Lines are matched in linear time: without back references and look-arounds."""
    if match := re.search(r"\(\?(?:=|!|<=|<!|P=|\()|\\[1-9]", pattern):
        raise rule_error("pattern_looks", part=match[0])
    return pattern


def _origin(value: str) -> str:
    kind, _, group = value.partition(":")
    if kind not in ORIGINS or not group:
        raise rule_error("origin")
    return value


Pattern = Annotated[str, AfterValidator(_compiles)]
LinePattern = Annotated[Pattern, AfterValidator(_linear)]
Origin = Annotated[str, AfterValidator(_origin)]
