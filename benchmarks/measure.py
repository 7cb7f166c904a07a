"""One command as a whole process: seconds and peak memory, several turns, two commands in turn."""

import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PEERS = sys.executable  # the Python that runs the peers


@dataclass(frozen=True)
class Turn:
    seconds: float
    peak_mb: float


def once(command: Sequence[str], before: Callable[[], None] = lambda: None) -> Turn:
    """Runs the command in a child of its own, so that the peak is that command's alone."""
    before()
    code = (
        "import resource,subprocess,sys,time;t=time.perf_counter();"
        "r=subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.PIPE);"
        "s=time.perf_counter()-t;m=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss/1024;"
        "sys.stderr.buffer.write(r.stderr if r.returncode not in (0,1) else b'');"
        "print(s,m);sys.exit(r.returncode not in (0,1))"
    )
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code, *command], check=True, stdout=subprocess.PIPE, text=True, env=compiled
    )
    seconds, peak = done.stdout.split()
    return Turn(float(seconds), float(peak))


def itself(command: Sequence[str]) -> Turn:
    """A process that says how many seconds its work took, without its start, and its peak in MB."""
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seconds, peak = done.stdout.split()
    return Turn(float(seconds), float(peak))


def in_turn(turns: int, *sides: Callable[[], Turn]) -> list[list[Turn]]:
    """A B A B ...: the machine's mood is the same for both. The first turn of each warms the disk, uncounted."""
    found: list[list[Turn]] = [[] for _ in sides]
    for number in range(turns + 1):
        for kept, side in zip(found, sides, strict=True):
            turn = side()
            if number:
                kept.append(turn)
    return found


def median(turns: Sequence[Turn]) -> float:
    return statistics.median(turn.seconds for turn in turns)


def ratio(one: Sequence[Turn], other: Sequence[Turn]) -> float:
    """Of pairs, the median."""
    return statistics.median(a.seconds / b.seconds for a, b in zip(one, other, strict=True))


def peak(turns: Sequence[Turn]) -> float:
    return max(turn.peak_mb for turn in turns)


def aponta(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("aponta")), *arguments]


def fresh(folder: Path) -> Callable[[], None]:
    """Forgets all that aponta made of a factory folder."""
    return lambda: shutil.rmtree(folder / "data", ignore_errors=True)


def simulated(folder: Path, *options: str) -> Path:
    """A simulated factory, made once."""
    if not folder.exists():
        subprocess.run(aponta("lab", "simulate", str(folder), *options), check=True)
    return folder
