"""An answer of a document API: what stands where in it, and what it means."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from aponta.config.rest_file import AnswerMeanings, AnswerSign, Signs

Meaning = Literal["done", "already", "absent", "never", "unknown"]
_ORDER: tuple[Meaning, ...] = ("already", "absent", "unknown", "never", "done")
_NOT_TO_BLAME = {401, 403, 407, 408, 421, 423, 425, 429}  # signed out, locked, too many: not what was said


@dataclass(frozen=True)
class ApiAnswer:
    status: int
    raw: bytes

    @cached_property
    def body(self) -> Any:
        """None of what is no JSON. Numbers are exact."""
        try:
            return json.loads(self.raw, parse_float=Decimal)
        except ValueError:
            return None

    def words(self, places: Sequence[str]) -> str:
        """What is wrong, in the system's own words."""
        found = (told for place in places if (told := value_at(self.body, place)))
        said = next(found, None)
        told = said if isinstance(said, str) else json.dumps(said, default=str, ensure_ascii=False) if said else ""
        told = told or self.raw.decode(errors="replace")
        return f"{self.status} {' '.join(told.split())}".strip()


def value_at(value: Any, place: str) -> Any:
    """What stands there, as in `items.0.qty`; None where nothing does."""
    return next(values_at(value, place), None)


def values_at(value: Any, place: str) -> Iterator[Any]:
    """All that stand there, as in `value.*.lines`; of a list its members."""
    step, _, rest = place.partition(".")
    if not step:
        yield value
    elif step == "*":
        for one in value if isinstance(value, list) else ():
            yield from values_at(one, rest)
    elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
        yield from values_at(value[int(step)], rest)
    elif isinstance(value, dict) and step in value:
        yield from values_at(value[step], rest)


def lists_at(value: Any, place: str) -> list[Any] | None:
    """The list there, or all lists there as one; None where there is none."""
    found = [one for one in values_at(value, place) if isinstance(one, list)]
    return [row for one in found for row in one] if found else None


def meaning_of(answer: ApiAnswer, means: AnswerMeanings) -> Meaning:
    """What stands in the body goes before a mere status."""
    for mere in (False, True):
        for one in _ORDER:
            signs: Signs = getattr(means, one)
            if any(_shows(answer, sign) for sign in signs if (sign.at is None) == mere):
                return one
    if 200 <= answer.status < 300:
        return "done"
    return "never" if 400 <= answer.status < 500 and answer.status not in _NOT_TO_BLAME else "unknown"


def _shows(answer: ApiAnswer, sign: AnswerSign) -> bool:
    return sign.status in (None, answer.status) and (sign.at is None or matches_sign(answer.body, sign))


def matches_sign(value: Any, sign: AnswerSign) -> bool:
    """Whether what stands at the sign's place is what it says; if it says nothing more, that something does."""
    found = value_at(value, sign.at or "")
    if sign.is_ is not None and not equals_json(found, sign.is_):
        return False
    return found is not None and (sign.contains is None or sign.contains in str(found))


def equals_json(found: Any, value: str | int | bool) -> bool:
    """In JSON true is not 1."""
    return bool(found == value) and isinstance(found, bool) == isinstance(value, bool)
