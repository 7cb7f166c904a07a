"""Names that a folder of tables may not have."""

import re
from pathlib import Path

from aponta.errors import ConfigError

MISREAD = re.compile(r"[*?\[\]\\]|%[0-9A-Fa-f]{2}")  # the lake's engines take them for patterns and escapes


def check_folder_name(folder: Path) -> None:
    """Raises ConfigError `config.folder_name` for a name that the lake's engines would take for a pattern."""
    if match := MISREAD.search(folder.resolve().as_posix()):
        raise ConfigError("config.folder_name", folder=folder.resolve(), mark=match[0])
