"""Secrets: configuration names their place, `env:NAME` or `file:PATH`, never their content."""

import os
from pathlib import Path

from aponta.errors import ConfigError

DRIVERS = {"postgresql": "postgresql+psycopg", "mariadb": "mariadb+pymysql", "mysql": "mysql+pymysql"}


def resolve_secret(value: str, folder: Path) -> str:
    """The value itself, or the content of its `env:NAME` / `file:PATH`. Raises ConfigError naming the place, never the
    content.
    """
    kind, _, place = value.partition(":")
    if kind == "env":
        if place not in os.environ:
            raise ConfigError("config.secret_missing", place=value)
        return os.environ[place]
    if kind == "file":
        try:
            return (folder / place).read_text(encoding="utf-8").strip()
        except OSError:
            raise ConfigError("config.secret_missing", place=value) from None
    return value


def database_url(value: str, folder: Path) -> str:
    """A SQLAlchemy URL; a plain path is a SQLite file below the factory folder."""
    url = resolve_secret(value, folder)
    if "://" in url:
        scheme, _, rest = url.partition("://")
        return f"{DRIVERS.get(scheme, scheme)}://{rest}"
    path = (folder / url).resolve().as_posix().replace("%", "%25")  # in a URL an escape
    return f"sqlite:///{path}"
