"""The task's XML, read back as Windows does: by its schema's names, and its rules of quoting."""

import re
from pathlib import PureWindowsPath
from xml.etree import ElementTree as ET

import pytest

from aponta.errors import ConfigError
from aponta.operate.service.task_scheduler import SPACE, SYSTEM_ACCOUNT, TaskScheduler
from aponta.operate.service.unit import Service

PYTHON = r"C:\Program Files\aponta & co\python.exe"


def service(folder: str, user: str | None = "FACTORY\\ana") -> Service:
    return Service("aponta-x-0000", PureWindowsPath(folder), (PYTHON, "-m", "aponta.cli", "watch", "-C", folder), user)  # type: ignore[arg-type]


def written(xml: str, name: str) -> str | None:
    return ET.fromstring(xml.encode("utf-16")).findtext(f".//{{{SPACE}}}{name}")


@pytest.mark.parametrize("folder", [r"D:\factory", r"D:\Fábrica nº 1, 100% <a> & $HOME", "D:\\a b\\", "D:\\"])
def test_the_folder_comes_back(folder: str) -> None:
    xml = TaskScheduler().definition(service(folder))
    assert written(xml, "Command") == PYTHON
    arguments = written(xml, "Arguments")
    assert arguments.startswith("-m aponta.cli watch -C ")
    last = arguments.removeprefix("-m aponta.cli watch -C ")
    if last.startswith('"'):  # backslashes before a quote are doubled, others stand for themselves
        assert last.endswith('"')
        last = re.sub(r"(\\+)$", lambda found: found[0][: len(found[0]) // 2], last[1:-1])
    else:
        assert " " not in last
    assert last == folder


def test_it_begins_with_the_computer_and_again_after_a_failure() -> None:
    xml = TaskScheduler().definition(service(r"D:\factory"))
    assert written(xml, "BootTrigger") is not None
    assert written(xml, "Interval") == "PT1M" and written(xml, "MultipleInstancesPolicy") == "IgnoreNew"
    assert written(xml, "ExecutionTimeLimit") == "PT0S"  # else Windows ends it after three days


def test_no_password_is_kept() -> None:
    mine = TaskScheduler().definition(service(r"D:\factory"))
    assert (written(mine, "UserId"), written(mine, "LogonType")) == ("FACTORY\\ana", "S4U")
    own = TaskScheduler().definition(service(r"D:\factory", user=None))
    assert (written(own, "UserId"), written(own, "LogonType")) == (SYSTEM_ACCOUNT, None)


@pytest.mark.parametrize("folder", [r"D:\%TEMP%\a", r"D:\$(Arg0)"])
def test_a_path_that_windows_would_read_otherwise_is_refused(folder: str) -> None:
    with pytest.raises(ConfigError, match=r"operate\.path"):
        TaskScheduler().definition(service(folder))
