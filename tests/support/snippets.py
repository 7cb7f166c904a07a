"""Runs what the documentation shows, so that it stays true. The convention, for who writes a page:

- A ```console block, or a plain one with `aponta ...` in it, is a session: its commands are run one after the
  other, in one empty folder a page. `cd DIR` moves, `cp -r examples/NAME DIR` copies an example of the repository,
  `cp src/...` one of its files, other `cp -r`, `cp` and `mv` what is there. In a ```console block every command is
  marked by `$ `, and no other kind of command may stand there; in a plain block other commands (installing, say) are
  passed over. A ```sh block is only read.
- `# exit code 1` at the end of a command: so it ends; else with 0. Other comments are for people.
- Lines after a `$ ` command are found in what it prints (stdout and stderr), in this order, each in one line of its
  own; `...` stands for anything, spaces are alike.
- A block after a line that ends in `NAME`: is that file, written in the folder; "Add to `NAME`:" appends to it. A .txt
  file of no folder goes to landing/, as the machine would put it.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from command_line import aponta, spoken

APONTA = [sys.executable, "-c", "from aponta.cli import main; main()"]
BLOCK = re.compile(r"^(?P<before>[^\n]*)\n+```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"(?P<add>Add to )?`(?P<name>[\w./-]+)`:$")
SESSION = re.compile(r"^aponta |&& aponta ", re.MULTILINE)
HOUR_S = 3600


@dataclass
class Command:
    line: str
    words: list[str]
    exit_code: int
    shown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class File:
    name: str
    text: str
    add: bool


def snippets(markdown: str) -> Iterator[Command | File]:
    """What a page lets its reader do, in order."""
    for block in BLOCK.finditer(markdown):
        named = NAMED.search(block["before"])
        if named:
            yield File(named["name"], block["text"], bool(named["add"]))
        elif block["kind"] == "console" or (not block["kind"] and SESSION.search(block["text"])):
            yield from session(block["text"], marked="$ " in block["text"])


def session(text: str, *, marked: bool) -> Iterator[Command]:
    last: Command | None = None
    for line in text.splitlines():
        if marked and not line.startswith("$ "):
            assert last is not None, f"{line!r} stands before any command"
            last.shown.append(line)
            continue
        if last is not None:
            yield last
            last = None
        for part in line.removeprefix("$ ").split(" && "):
            words = shlex.split(part, comments=True)
            code = re.search(r"# exit code (\d)", part)
            if words and words[0] in ("aponta", "cd", "cp", "mv"):
                if last is not None:
                    yield last
                last = Command(part, words, int(code[1]) if code else 0)
            else:
                assert not marked, f"{part!r} is not run: put it into a ```sh block"
    if last is not None:
        yield last


class Reader:
    """Follows a page, in a folder."""

    def __init__(self, folder: Path, repository: Path) -> None:
        self.here = folder
        self.repository = repository

    def follow(self, one: Command | File) -> None:
        if isinstance(one, File):
            self.write(one)
        elif one.words[0] == "cd":
            self.here = (self.here / one.words[1]).resolve(strict=True)
        elif one.words[0] == "cp":
            self.copy(*one.words[-2:])
        elif one.words[0] == "mv":
            (self.here / one.words[1]).rename(self.here / one.words[2])
        else:
            self.run(one)

    def copy(self, name: str, to: str) -> None:
        source = (self.repository if name.startswith(("examples/", "src/")) else self.here) / name
        if source.is_dir():
            shutil.copytree(source, self.here / to)
        else:
            shutil.copyfile(source, self.here / to)

    def write(self, file: File) -> None:
        machine = file.name.endswith(".txt")
        path = self.here / ("landing" if machine and "/" not in file.name else ".") / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (path.read_text(encoding="utf-8") if file.add else "") + file.text
        path.write_text(text, encoding="cp1252" if machine else "utf-8", newline="")

    def run(self, command: Command) -> None:
        for landed in sorted(self.here.rglob("landing/**/*.txt")):  # written an hour ago: nobody waits for it
            if time.time() - landed.stat().st_mtime < HOUR_S:
                os.utime(landed, (time.time() - HOUR_S,) * 2)
        code, text = (self.watch if command.words[1] == "watch" else self.call)(command)
        assert code == command.exit_code, f"{command.line}\nexit code {code}, not {command.exit_code}:\n{text}"
        missing = not_shown(command.shown, text)
        assert missing is None, f"{command.line}\ndoes not print\n{missing}\nbut\n{text}"

    def call(self, command: Command) -> tuple[int, str]:
        done = aponta(*command.words[1:], cwd=self.here, environment=spoken("C.UTF-8"), merged=True)
        return done.returncode, done.stdout

    def watch(self, command: Command) -> tuple[int, str]:
        """Until it printed the first line that the page shows."""
        told = self.here / ".told"
        with told.open("wb") as output:
            environment = spoken("C.UTF-8") | {"PYTHONUNBUFFERED": "1"}
            process = subprocess.Popen(
                [*APONTA, *command.words[1:]], cwd=self.here, stdout=output, stderr=subprocess.STDOUT, env=environment
            )
            self.wait_for(command.shown[0], told)
            process.terminate()
            code = process.wait(120)
        text = told.read_text(encoding="utf-8")
        told.unlink()
        return code, text

    def wait_for(self, line: str, told: Path, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while not_shown([line], told.read_text(encoding="utf-8")) is not None:
            assert time.monotonic() < until, f"{line!r} was never printed"
            time.sleep(0.05)


def not_shown(lines: list[str], text: str) -> str | None:
    """The first of the lines that does not come, in their order, in what was printed."""
    printed = iter(" ".join(line.split()) for line in text.splitlines())
    for line in lines:
        parts = [re.escape(" ".join(part.split())) for part in line.split("...")]
        wanted = re.compile(r"\s*.*?\s*".join(parts) + r"\s*$")
        if line.strip() and line.strip() != "..." and not any(wanted.match(one) for one in printed):
            return line
    return None
