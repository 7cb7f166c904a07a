"""The factory folder that `aponta init` makes: the files beside this one, copied."""

import shutil
from pathlib import Path

from aponta.config.folder_name import check_name
from aponta.errors import ConfigError

FILES = ("aponta.toml", "machines.csv", "products.csv", "ideal_cycles.csv", "calendar.toml", "layouts/press_v1.toml")


def write(folder: Path) -> None:
    """Raises ConfigError when something is there already (nothing is ever overwritten), and for a name that the lake
    could not work with.
    """
    check_name(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError("config.not_empty", folder=folder)
    for name in FILES:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(__file__).parent / name, target)
    (folder / "landing").mkdir()
