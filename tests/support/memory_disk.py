"""A plugin of pytest: tests write to a disk in memory where there is one with room, and leave nothing on it.

A factory is thousands of small files, each synced; on a disk half of a test is waiting for that. Tests that are marked
`disk` keep to the disk. Folders of tests that failed are moved to the system's folder for temporary files.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

DISK = "APONTA_TESTS_DISK"  # an environment variable, for workers: the folder that would have been
MEMORY = Path("/dev/shm")
NEEDED_BYTES = 3 << 30  # the whole suite leaves a third of that at the worst
PREFIX = "aponta-tests-"
FOLDER, FAILED = pytest.StashKey[Path](), pytest.StashKey[Path]()


def room(memory: Path, needed_bytes: int) -> bool:
    """Whether it is a disk in memory that programs may be run from, and so much is free: on it and in memory."""
    try:
        disk = os.statvfs(memory)
        lines = Path("/proc/meminfo").read_text().splitlines()
    except (AttributeError, OSError):  # Windows and macOS have neither
        return False
    (available,) = (int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    free = disk.f_bavail * disk.f_frsize
    return not disk.f_flag & os.ST_NOEXEC and os.access(memory, os.W_OK) and min(free, available // 2) >= needed_bytes


def sweep(memory: Path) -> None:
    """Removes what tests left that were killed."""
    for folder in memory.glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX)
        if folder.stat().st_uid == os.geteuid() and not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or config.option.basetemp or config.option.collectonly:
        return  # a worker's folder is below that of who began it
    if not room(MEMORY, NEEDED_BYTES):
        return
    sweep(MEMORY)
    folder = MEMORY / f"{PREFIX}{os.getpid()}"
    folder.mkdir(mode=0o755)  # servers of other users find their own folders in it
    config.stash[FOLDER] = folder
    config.option.basetemp = folder / "pytest"
    os.environ[DISK] = tempfile.gettempdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)  # of workers and programs, too


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    folder = session.config.stash.get(FOLDER, None)
    if folder is None or exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return
    if (folder / "pytest").exists():
        kept = Path(tempfile.mkdtemp(prefix=f"{PREFIX}failed-", dir=os.environ[DISK]))
        shutil.copytree(folder / "pytest", kept, symlinks=True, dirs_exist_ok=True, ignore=_pipes)
        session.config.stash[FAILED] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    kept = terminalreporter.config.stash.get(FAILED, None)
    if kept is not None:
        terminalreporter.write_line(f"what the failed tests wrote is in {kept}")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    folder = config.stash.get(FOLDER, None)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def tmp_path(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """On the disk for a test that is marked so."""
    if request.node.get_closest_marker("disk") is None:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}disk-", dir=os.environ.get(DISK)) as folder:
        yield Path(folder)


def _pipes(folder: str, names: list[str]) -> list[str]:
    """Pipes and sockets, which cannot be copied."""
    paths = [Path(folder, name) for name in names]
    return [path.name for path in paths if not (path.is_symlink() or path.is_file() or path.is_dir())]
