"""What a folder that holds tables may not be called."""

import re
from pathlib import Path

from aponta.errors import ConfigError

READ_OTHERWISE = re.compile(r"[*?\[\]\\]|%[0-9A-Fa-f]{2}")  # the lake's engines take them for patterns and escapes


def check_name(folder: Path) -> None:
    """Raises ConfigError `config.folder_name` for a name that the lake's engines would read as another one."""
    if found := READ_OTHERWISE.search(folder.resolve().as_posix()):
        raise ConfigError("config.folder_name", folder=folder.resolve(), mark=found[0])
