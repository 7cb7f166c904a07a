"""The script that draws charts in a browser: the JavaScript of the installed package vl-convert, bundled into one file.

Bundling takes seconds and 160 MB, so a process of its own does it at the first use. The result is stored in the
factory's data folder, under a hash of its inputs.
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
AGAIN_S = 60  # after a failure
D3_NAMES = {"en": "en-US"}  # languages whose name differs there
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
    """folder: stores the script; in memory alone where nothing can be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._script: bytes | None = None
        self._failed: tuple[float, str] = (-AGAIN_S, "")
        self._lock = Lock()

    def script(self) -> bytes:
        """A module that exports `embed` and `locales`. Raises TransientError `show.no_charts`."""
        with self._lock:  # many requests at once bundle it once
            if self._script is None:
                self._script = self._read() or self._create()
            return self._script

    def _path(self) -> Path:
        try:
            inputs = f"{version(PACKAGE)} {MAKE} {LANGUAGES}"
        except PackageNotFoundError:
            raise TransientError("show.no_charts", why=f"{PACKAGE} is not installed") from None
        return self.folder / f"charts-{hashlib.sha256(inputs.encode()).hexdigest()[:16]}.js"

    def _read(self) -> bytes | None:
        try:
            return self._path().read_bytes() or None
        except OSError:
            return None

    def _create(self) -> bytes:
        at, why = self._failed
        if time.monotonic() - at >= AGAIN_S:
            script, why = _bundle()
            if script:
                self._store(script)
                return script
            self._failed = time.monotonic(), why
        raise TransientError("show.no_charts", why=why)

    def _store(self, script: bytes) -> None:
        """Writes a whole file or none: another process may store the same script at the same time."""
        path = self._path()
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            number, draft = tempfile.mkstemp(dir=path.parent, prefix=".charts-")
            try:
                with os.fdopen(number, "wb") as file:
                    file.write(script)
                Path(draft).replace(path)
            except OSError:
                Path(draft).unlink(missing_ok=True)


def _bundle() -> tuple[bytes, str]:
    """The script, or b"" and the reason of the failure."""
    names = json.dumps({language: D3_NAMES.get(language, language) for language in LANGUAGES})
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", MAKE, names], capture_output=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return b"", str(error)
    last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    return (done.stdout, "") if done.returncode == 0 else (b"", last or f"exit code {done.returncode}")
