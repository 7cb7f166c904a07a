"""The browser of a person who sits at the terminal, where there is a desktop to open it on."""

import os
import sys
import threading
from contextlib import suppress


def open_browser(url: str) -> None:
    """Opens the address beside what goes on; where nobody would see it, nothing happens."""
    if sys.stderr.isatty() and _desktop():
        threading.Thread(target=_open, args=(url,), daemon=True).start()


def _desktop() -> bool:
    if "SSH_CONNECTION" in os.environ:  # the person's desktop is another computer's
        return False
    return sys.platform in ("win32", "darwin") or any(os.environ.get(f"{kind}DISPLAY") for kind in ("", "WAYLAND_"))


def _open(url: str) -> None:
    import webbrowser

    with suppress(webbrowser.Error, OSError):
        found = webbrowser.get()
        of_text = type(found) is webbrowser.GenericBrowser and "BROWSER" not in os.environ
        if not of_text:  # it would take the terminal
            found.open(url)
