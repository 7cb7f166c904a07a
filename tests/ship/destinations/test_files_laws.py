"""The laws of every stock system, on a folder and the receiver that its page shows."""

import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from threading import Lock

import pytest
from source import REPO

from aponta.config.sections.stock import StockSection
from ship.conformance import LawsOfAServer, LawsOfOneThatRefuses, System

PAGE = REPO / "docs/how-to/post-as-files.md"
SECTION = StockSection.model_validate({"kind": "files", "files": {"delimiter": ";", "decimal": ","}})
LOOP = """
import sys, time
folder, database = Path(sys.argv[1]), sqlite3.connect(sys.argv[2])
while True:
    receive(folder, database)
    time.sleep(0.002)
"""


def receiver_shown() -> str:
    """The code of the page."""
    return re.search(r"```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)[1]


def set_up(folder: Path, shown: dict) -> sqlite3.Connection:
    (folder / "sent").mkdir(parents=True)
    stock = sqlite3.connect(folder.parent / "stock.db", check_same_thread=False)
    stock.executescript(shown["SCHEMA"])
    with stock:
        stock.executemany("INSERT INTO items VALUES (?)", [("SKU-A",), ("SKU-B",), ("SKU-C",)])
    return stock


@pytest.fixture
def shown():
    declared: dict = {}
    exec(receiver_shown(), declared)
    return declared


class TestFiles(LawsOfOneThatRefuses):
    @pytest.fixture
    def system(self, tmp_path, shown):
        folder, lock = tmp_path / "share", Lock()
        stock = set_up(folder, shown)

        def works():
            with lock:
                shown["receive"](folder, stock)

        yield System(SECTION, str(folder), works=works)
        stock.close()


class TestReceiverThatIsKilled(LawsOfAServer):
    @pytest.fixture
    def system(self, tmp_path, shown):
        folder = tmp_path / "share"
        set_up(folder, shown).close()
        script = tmp_path / "receiver.py"
        script.write_text(receiver_shown() + LOOP)
        running: list[subprocess.Popen] = []

        def restart():
            for one in running:
                one.kill()
                one.wait()
            running[:] = [subprocess.Popen([sys.executable, script, folder, tmp_path / "stock.db"])]

        restart()
        yield System(SECTION, str(folder), works=lambda: time.sleep(0.02), restart=restart)
        running[0].kill()
        running[0].wait()
