"""What draws charts in a browser: JavaScript that the installed package vl-convert carries, made into one file.

Making it takes seconds and 160 MB, so another process does it, at the first use; what it made is kept in the factory's
data folder, under what it was made from.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Lock

from aponta.errors import TransientError
from aponta.words import LANGUAGES

PACKAGE = "vl-convert-python"
PATIENCE_S = 120
AGAIN_S = 60  # after so long it is tried again
D3_NAMES = {"en": "en-US"}  # of a language, where it is another one there
MAKE = """
import json, sys, vl_convert
locales = {
    name: {"number": vl_convert.get_format_locale(known), "time": vl_convert.get_time_format_locale(known)}
    for name, known in json.loads(sys.argv[1]).items()
}
bundle = vl_convert.javascript_bundle("export { vegaEmbed as embed };")
sys.stdout.buffer.write(f"{bundle}\\nexport const locales = {json.dumps(locales)};\\n".encode())
"""


class ChartScript:
    """folder: where it is kept; where nothing can be written, it is kept in memory alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: bytes | None = None
        self._failed: tuple[float, str] = (-AGAIN_S, "")
        self._lock = Lock()

    def script(self) -> bytes:
        """A module that exports `embed` and `locales`. Raises TransientError `show.no_charts`."""
        with self._lock:  # of many who ask at once, one has it made
            if self._known is None:
                self._known = self._read() or self._made()
            return self._known

    def _path(self) -> Path:
        try:
            made_from = f"{version(PACKAGE)} {MAKE} {LANGUAGES}"
        except PackageNotFoundError:
            raise TransientError("show.no_charts", why=f"{PACKAGE} is not installed") from None
        return self.folder / f"charts-{hashlib.sha256(made_from.encode()).hexdigest()[:16]}.js"

    def _read(self) -> bytes | None:
        try:
            return self._path().read_bytes() or None
        except OSError:
            return None

    def _made(self) -> bytes:
        at, why = self._failed
        if time.monotonic() - at >= AGAIN_S:
            made, why = _bundle()
            if made:
                self._keep(made)
                return made
            self._failed = time.monotonic(), why
        raise TransientError("show.no_charts", why=why)

    def _keep(self, made: bytes) -> None:
        """Another process may do the same at the same time: whole files only, of which any is as good."""
        path = self._path()
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            number, draft = tempfile.mkstemp(dir=path.parent, prefix=".charts-")
            try:
                with os.fdopen(number, "wb") as file:
                    file.write(made)
                Path(draft).replace(path)
            except OSError:
                Path(draft).unlink(missing_ok=True)


def _bundle() -> tuple[bytes, str]:
    """The script, and if it is empty why it could not be made."""
    names = json.dumps({language: D3_NAMES.get(language, language) for language in LANGUAGES})
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", MAKE, names], capture_output=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return b"", str(error)
    last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    return (done.stdout, "") if done.returncode == 0 else (b"", last or f"exit code {done.returncode}")
