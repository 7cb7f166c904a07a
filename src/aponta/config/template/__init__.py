"""The factory folder that `aponta init` makes: the files beside this one, copied."""

import shutil
from pathlib import Path

from aponta.config.folder_name import check_folder_name
from aponta.errors import ConfigError

FILES = ("aponta.toml", "machines.csv", "products.csv", "ideal_cycles.csv", "calendar.toml", "layouts/press_v1.toml")


def create_factory(folder: Path) -> None:
    """Copy the template to a new or empty folder. Raises ConfigError `config.not_empty` (nothing is ever overwritten),
    `config.folder_name`.
    """
    check_folder_name(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError("config.not_empty", folder=folder)
    for name in FILES:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(__file__).parent / name, target)
    (folder / "landing").mkdir()
