"""`aponta ...` as a person types it, without a process: to start one takes longer than most commands.

Where the process itself is the point - signals, pipes, how it ends - `tests/cli/test_process.py` starts it.
"""

import io
import os
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess
from typing import IO, Any
from unittest.mock import patch

from aponta.cli.app import execute


def aponta(
    *arguments: Any,
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
    stdin: IO[str] | None = None,
    stderr: IO[str] | None = None,
    merged: bool = False,
) -> CompletedProcess[str]:
    """Exit code and what was printed. In this environment, or in the one given; without a terminal, or at `stdin` and
    `stderr`. merged: what goes to stderr stands in its place in stdout.
    """
    words = [str(one) for one in arguments]
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    surroundings = {"COLUMNS": "80"} | (os.environ if environment is None else environment)
    with (
        patch.dict(os.environ, surroundings, clear=True),
        patch.object(sys, "argv", ["aponta", *words]),
        open(os.devnull) as nothing,  # noqa: PTH123
        patch.object(sys, "stdin", stdin or nothing),
        redirect_stdout(out),
        redirect_stderr(out if merged else stderr or err),
        chdir(cwd or Path.cwd()),
    ):
        code = execute(words)
    return CompletedProcess(words, code, *(one.buffer.getvalue().decode() for one in (out, err)))


def spoken(language: str) -> dict[str, str]:
    """The environment of a terminal in that language (`en_US.UTF-8`)."""
    return os.environ | {"LANG": language, "LC_ALL": language}
