"""Run by test_kill.py. For n = FIRST, FIRST + STRIDE, ...: a child makes a pass in the SCENE and is killed (SIGKILL) at
its n-th step; another makes the pass again. Prints a line of JSON for each n, until a child lives to the end.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import factory as small
from kill_scenes import begin, differences
from steps import watch

from aponta.config import load


def killed(folder: Path, n: int) -> str | None:
    """Makes a pass, to be killed at its n-th step. Returns at which, or None when it has not so many."""
    mark = folder / "died"
    child = os.fork()
    if child == 0:
        left = iter(range(n - 1))

        def step(where: str) -> None:
            if next(left, None) is None:
                mark.write_text(where)
                os.kill(os.getpid(), signal.SIGKILL)

        watch(step)
        small.run(load(folder))
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status == 0:
        return None
    if os.WTERMSIG(status) != signal.SIGKILL:
        raise SystemExit(f"the pass failed by itself before step {n}")
    return mark.read_text()


def main(folder: Path, scene: str, first: int, stride: int) -> None:
    ready, expected = begin(folder, scene)
    for n in range(first, 1000, stride):
        here = folder / str(n)
        shutil.copytree(ready, here)
        where = killed(here, n)
        differs = differences(expected, here)
        sys.stdout.write(json.dumps({"n": n, "killed": where, "differs": differs}) + "\n")
        sys.stdout.flush()
        if where is None:
            return
        if not differs:
            shutil.rmtree(here)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
