"""The rule that a written value breaks: identified by name, so that people read it in their own language."""

from pydantic_core import PydanticCustomError


def rule_error(rule: str, *key: str | int, **facts: object) -> PydanticCustomError:
    """For a validator to raise. `words` keep the rule under config.rule, filled with `facts`.

    key: the way from the value that is validated to the one that will not do, step by step.
    """
    told = ", ".join([rule, *map(str, key), *(f"{name}={value}" for name, value in facts.items())])
    return PydanticCustomError(rule, told, {"key": key, **facts})
