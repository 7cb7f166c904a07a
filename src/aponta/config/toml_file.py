"""A TOML file into a pydantic model, with errors that name the file, the key, the value and the nearest known key."""

import difflib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from aponta.config.rule import redacted, rule_of
from aponta.config.syntax import toml_reason
from aponta.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path, model: type[Model]) -> Model:
    """Raises ConfigError: file missing, not TOML, unknown key, wrong value."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError("config.file_missing", file=path.name) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("config.not_toml", file=path.name, rule=toml_reason(error)) from None
    try:
        return model.model_validate(given)
    except ValidationError as error:
        # A misspelt key is missing too: the misspelt one is the one to correct.
        wrong = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        raise _config_error(path.name, wrong, given, model) from None


def _config_error(file: str, wrong: ErrorDetails, given: dict[str, Any], model: type[BaseModel]) -> ConfigError:
    facts = wrong.get("ctx", {})
    steps = (*wrong["loc"], *facts.get("key", ()))
    lacking = wrong["type"] == "missing"
    key, value = _place(steps, given, lacking)
    if wrong["type"] == "extra_forbidden":
        nearest = difflib.get_close_matches(str(steps[-1]), facts.get("known") or _known_keys(model), n=1, cutoff=0.5)
        return ConfigError("config.unknown_key", file=file, key=key, nearest=nearest[0] if nearest else "-")
    if lacking:
        return ConfigError("config.missing_key", file=file, key=key)
    shown = "..." if wrong["type"] == "secret_place" else _shown(value)
    return ConfigError("config.bad_key", file=file, key=key, value=shown, rule=rule_of(wrong))


def _place(steps: Sequence[str | int], given: Any, lacking: bool) -> tuple[str, Any]:
    """The key as people see it in the file, and its value. One of several tables is given by its own name, else by its
    number from 1 (`stock "main", start`; `shift "1", breaks 2`).
    """
    key, value, mark = "", given, ""
    for number, step in enumerate(steps, start=1):
        if isinstance(step, int):
            several = isinstance(value, list)
            if several:
                value = value[step] if step < len(value) else None
            name = value.get("name") if isinstance(value, dict) else None
            if several or name:
                key, mark = f"{key} {_shown_name(name) if name else step + 1}", ", "
        elif isinstance(value, dict) and step in value or lacking and number == len(steps):
            key, value = f"{key}{mark}{step}", value.get(step) if isinstance(value, dict) else None
            mark = "."
        # else the step is no key, but one of several kinds of value that pydantic tried
    return key, value


def _shown_name(name: object) -> str:
    return redacted(f'"{name}"')


def _shown(value: Any) -> str:
    text = redacted(repr(value))
    return text if len(text) <= 80 else text[:77] + "..."


def _known_keys(model: type[BaseModel]) -> list[str]:
    """All keys of the file, of any table: a key is often right and only in the wrong place."""
    known: list[str] = []
    todo: list[Any] = [model]
    while todo:
        kind = todo.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for name, field in kind.model_fields.items():
                known.append(field.alias or name)
                todo.append(field.annotation)
        else:
            todo.extend(getattr(kind, "__args__", ()))
    return known
