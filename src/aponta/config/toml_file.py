"""A TOML file into a pydantic model, with errors that name the file, the key, the value and the nearest known key."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from aponta.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path, model: type[Model]) -> Model:
    """Raises ConfigError: file missing, not TOML, unknown key, wrong value."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError("config.file_missing", file=path.name) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("config.not_toml", file=path.name, rule=error) from None
    try:
        return model.model_validate(given)
    except ValidationError as error:
        # A key written wrong is missing too: the wrong one is what to mend.
        wrong = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        key = ".".join(str(step) for step in wrong["loc"])
        if wrong["type"] == "extra_forbidden":
            nearest = difflib.get_close_matches(str(wrong["loc"][-1]), _known_keys(model), n=1, cutoff=0.5)
            raise ConfigError(
                "config.unknown_key", file=path.name, key=key, nearest=nearest[0] if nearest else "-"
            ) from None
        if wrong["type"] == "missing":
            raise ConfigError("config.missing_key", file=path.name, key=key) from None
        raise ConfigError(
            "config.bad_key", file=path.name, key=key, value=_shown(wrong["input"]), rule=_covered(wrong["msg"])
        ) from None


def _shown(value: Any) -> str:
    text = _covered(repr(value))
    return text if len(text) <= 80 else text[:77] + "..."


def _covered(text: str) -> str:
    """Addresses carry passwords."""
    return re.sub(r"://[^'\"\s]+", "://...", text)


def _known_keys(model: type[BaseModel]) -> list[str]:
    """All keys of the file, whatever the table: a key is often right and only in the wrong place."""
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
