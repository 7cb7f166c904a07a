"""Opens the browser of the person at the terminal, where there is a desktop."""

import os
import sys
import threading
from contextlib import suppress


def open_browser(url: str) -> None:
    """Opens the address in a thread of its own; does nothing where nobody would see the browser."""
    if sys.stderr.isatty() and _desktop():
        threading.Thread(target=_open, args=(url,), daemon=True).start()


def _desktop() -> bool:
    if "SSH_CONNECTION" in os.environ:  # the person's desktop is on another computer
        return False
    return sys.platform in ("win32", "darwin") or any(os.environ.get(f"{kind}DISPLAY") for kind in ("", "WAYLAND_"))


def _open(url: str) -> None:
    import webbrowser

    with suppress(webbrowser.Error, OSError):
        browser = webbrowser.get()
        in_terminal = type(browser) is webbrowser.GenericBrowser and "BROWSER" not in os.environ
        if not in_terminal:  # it would take the terminal
            browser.open(url)
