"""Run by test_kill.py. One pass in the SCENE; its folder is copied at each step, as a kill (SIGKILL) there would leave
it: what was written is there, of what was not there is nothing. In the last of copies that are alike another pass is
made. Prints a line of JSON for each: its steps, and what differs in the end.
"""

import hashlib
import json
import shutil
import sys
from itertools import groupby
from pathlib import Path

import factory as small
from kill_scenes import begin, differences
from steps import undisturbed, watch

from aponta.config import load


def copied(work: Path, folder: Path) -> list[str]:
    """A pass in `work`, copied at its n-th step to `folder`/n. Returns where each step was."""
    steps: list[str] = []

    def step(where: str) -> None:
        steps.append(where)
        copy(work, folder / str(len(steps)))

    watch(step)
    small.run(load(work))
    return steps


def copy(work: Path, to: Path) -> None:
    """As it is at one moment: taken again when another thread of the pass wrote meanwhile."""
    while True:
        before = listed(work)
        try:
            shutil.copytree(work, to)
        except (FileNotFoundError, shutil.Error):
            pass
        else:
            if listed(work) == before:
                return
        shutil.rmtree(to, ignore_errors=True)


def listed(folder: Path) -> list[tuple[str, int, int, int]]:
    found = []
    for path in folder.rglob("*"):
        facts = path.lstat()
        found.append((str(path), facts.st_ino, facts.st_size, facts.st_mtime_ns))
    return sorted(found)


def state(folder: Path) -> str:
    """All that the next pass can see, to the byte: not what has no name yet, in the lake's log or at all."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        unnamed = ".draft" in name or (path.suffix == ".parquet" and "/lake/" in name and "_delta_log" not in name)
        if unnamed or name.endswith("-shm"):  # of its memory SQLite makes a new one after a kill
            continue
        digest.update(f"{name}\0".encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def main(folder: Path, scene: str) -> None:
    ready, expected = begin(folder, scene)
    work, copies = folder / "work", folder / "copies"
    shutil.copytree(ready, work)
    copies.mkdir()
    steps = undisturbed(copied, work, copies)
    for _, alike in groupby(range(1, len(steps) + 1), key=lambda n: state(copies / str(n))):
        *others, last = alike
        differs = differences(expected, copies / str(last))
        line = {"steps": [*others, last], "where": steps[last - 1], "differs": differs}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        if not differs:
            shutil.rmtree(copies / str(last))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
