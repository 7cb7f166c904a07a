"""The log: lines that programs read, bounded, shared by processes, and without a secret."""

import json
import subprocess
import sys
from datetime import UTC, datetime

from aponta.ops import log as logs
from aponta.ops.log import OLDER_FILES, Log, run_id, without_secrets

NOW = datetime(2026, 3, 5, 18, 20, 0, 123_000, tzinfo=UTC)


def entries(folder):
    """Of all files, the oldest first."""
    files = sorted(folder.glob("aponta.log*"), key=lambda path: -int(path.suffix[1:]) if path.suffix != ".log" else 1)
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]


def test_an_entry_is_a_line_with_time_run_level_and_message(tmp_path):
    log = Log(tmp_path / "logs", lambda: NOW)
    log.write("info", "12 arquivos\nnovos", run="20260305-182000-9f3a", files={"new": 12})
    assert (tmp_path / "logs" / "aponta.log").read_text(encoding="utf-8") == (
        '{"time": "2026-03-05T18:20:00.123+00:00", "level": "info", "run": "20260305-182000-9f3a", '
        '"message": "12 arquivos\\nnovos", "files": {"new": 12}}\n'
    )


def test_a_foreign_error_is_one_entry_with_its_traceback(tmp_path):
    try:
        raise ZeroDivisionError("at postgresql://aponta:s3cret@db/ops")
    except ZeroDivisionError as error:
        Log(tmp_path).write("error", "GET /", run="r", error=error)
    [entry] = entries(tmp_path)
    assert "test_log.py" in entry["traceback"] and "ZeroDivisionError: at postgresql://***@db/ops" in entry["traceback"]


def test_what_no_file_can_hold_is_written_as_it_can(tmp_path):
    """JSON may tell half of a character, and an error echo it."""
    Log(tmp_path).write("error", "POST /", run="r", error=ValueError("half \ud800"), given="\ud800")
    [entry] = entries(tmp_path)
    assert entry["given"] == "\ud800"
    assert "ValueError: half" in entry["traceback"]


def test_secrets_are_covered():
    assert without_secrets("sqlite://u:p@h/x?password=abc&y=1 token=abc session=abc; $argon2id$v=19$m=1$abc") == (
        "sqlite://***@h/x?password=***&y=1 token=*** session=***; ***"
    )
    assert without_secrets("mail ana@example.com, M01_20260305.txt") == "mail ana@example.com, M01_20260305.txt"


def test_old_entries_make_room(tmp_path):
    log = Log(tmp_path, lambda: NOW, most_bytes=1_000)
    for number in range(200):
        log.write("info", f"entry {number}")
    kept = sorted(path.name for path in tmp_path.glob("aponta.log*"))
    assert kept == ["aponta.log", *(f"aponta.log.{number}" for number in range(1, OLDER_FILES + 1))]
    assert all(path.stat().st_size <= 1_000 for path in tmp_path.glob("aponta.log*"))
    numbers = [int(entry["message"].split()[1]) for entry in entries(tmp_path)]
    assert numbers == list(range(numbers[0], 200)), "in order, none lost between"


def test_several_processes_write_into_one_log(tmp_path):
    script = (
        "import sys; from pathlib import Path; from aponta.ops.log import Log\n"
        "log = Log(Path(sys.argv[1]), most_bytes=20_000)\n"
        "for number in range(150): log.write('info', f'{sys.argv[2]} {number}')"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, tmp_path, str(n)]) for n in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    told = [entry["message"] for entry in entries(tmp_path)]
    assert sorted(told) == sorted(f"{n} {number}" for n in range(3) for number in range(150)), "none torn, none lost"
    assert len(list(tmp_path.glob("aponta.log.*"))) >= 2


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path):
    (tmp_path / "logs").write_text("a file")
    Log(tmp_path / "logs").write("info", "lost")


def test_while_a_file_cannot_be_renamed_it_grows(tmp_path, monkeypatch):
    """As on Windows while somebody reads it."""
    log = Log(tmp_path, most_bytes=100)
    log.write("info", "first")

    def held(*given):
        raise PermissionError

    monkeypatch.setattr(logs.Path, "replace", held)
    log.write("info", "second")
    assert [entry["message"] for entry in entries(tmp_path)] == ["first", "second"]


def test_runs_have_names_of_their_own():
    names = {run_id(NOW) for _ in range(50)}
    assert len(names) > 45 and all(name.startswith("20260305-182000-") for name in names)
