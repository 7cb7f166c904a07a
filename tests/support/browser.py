"""A real browser, and `aponta up` beside it as people run it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no Chromium on this computer: `make system` installs it")
    return found


@contextmanager
def launched() -> Iterator[Any]:
    """A browser, for many pages."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as engines:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        browser = engines.chromium.launch(executable_path=chromium(), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


def new_page(browser: Any, **options: Any) -> Any:
    """A page that remembers nothing; `said` is what its console complained of."""
    page = browser.new_context(**options).new_page()
    page.said = []
    page.on("console", lambda message: page.said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.said.append(str(error)))
    return page


@contextmanager
def opened(**options: Any) -> Iterator[Any]:
    """A page of a browser of its own; at the end its console must be empty."""
    with launched() as browser:
        yield new_page(browser, **options)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def up(folder: Path, port: int, command: str = "up", *options: str) -> Iterator[str]:
    """`aponta up`, or `serve`, in the folder; yields its address."""
    program = Path(sys.executable).with_name("aponta")
    with (folder / "up.log").open("ab") as log:
        started = subprocess.Popen(
            [program, command, "-C", folder, "--port", str(port), *options], stdout=log, stderr=log, env={**os.environ}
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except OSError:
                if started.poll() is not None or time.monotonic() > deadline:
                    pytest.fail((folder / "up.log").read_text())
                time.sleep(0.1)
        yield url
    finally:
        started.terminate()
        assert started.wait(20) == 0, (folder / "up.log").read_text()
