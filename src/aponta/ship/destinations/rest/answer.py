"""An answer of a document API: the values in it, and its meaning."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from aponta.config.rest_file import AnswerMeanings, AnswerSign, Signs

Meaning = Literal["done", "already", "absent", "never", "unknown"]
_ORDER: tuple[Meaning, ...] = ("already", "absent", "unknown", "never", "done")
_NOT_TO_BLAME = {401, 403, 407, 408, 421, 423, 425, 429}  # signed out, locked, too many: not the request itself


@dataclass(frozen=True)
class ApiAnswer:
    status: int
    raw: bytes

    @cached_property
    def body(self) -> Any:
        """The JSON value, with exact numbers; None: it is no JSON."""
        try:
            return json.loads(self.raw, parse_float=Decimal)
        except ValueError:
            return None

    def words(self, places: Sequence[str]) -> str:
        """The error in the system's own words: the first value at `places`, else the whole answer."""
        value = next((value for place in places if (value := value_at(self.body, place))), "")
        text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
        text = text or self.raw.decode(errors="replace")
        return f"{self.status} {' '.join(text.split())}".strip()


def value_at(value: Any, place: str) -> Any:
    """The value at a place such as `items.0.qty`; None where there is none."""
    return next(values_at(value, place), None)


def values_at(value: Any, place: str) -> Iterator[Any]:
    """Every value at a place such as `value.*.lines`: `*` is each member of a list."""
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
    lists = [each for each in values_at(value, place) if isinstance(each, list)]
    return [row for each in lists for row in each] if lists else None


def meaning_of(answer: ApiAnswer, means: AnswerMeanings) -> Meaning:
    """The meaning of an answer: a sign in its body goes before a status."""
    for by_status in (False, True):
        for meaning in _ORDER:
            signs: Signs = getattr(means, meaning)
            if any(_has_sign(answer, sign) for sign in signs if (sign.at is None) == by_status):
                return meaning
    if 200 <= answer.status < 300:
        return "done"
    return "never" if 400 <= answer.status < 500 and answer.status not in _NOT_TO_BLAME else "unknown"


def _has_sign(answer: ApiAnswer, sign: AnswerSign) -> bool:
    return sign.status in (None, answer.status) and (sign.at is None or matches_sign(answer.body, sign))


def matches_sign(value: Any, sign: AnswerSign) -> bool:
    """Whether the value at the sign's place is the sign's; where the sign has no value, whether there is any."""
    found = value_at(value, sign.at or "")
    if sign.is_ is not None and not equals_json(found, sign.is_):
        return False
    return found is not None and (sign.contains is None or sign.contains in str(found))


def equals_json(left: Any, right: str | int | bool) -> bool:
    """Equality as in JSON, where true is not 1."""
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)
