"""Keeps a factory folder as a release leaves it: simulated, worked on, and stopped in the middle of a pass.

    PYTHONPATH=tests/support python tests/upgrades/make_folder.py 0.2.0 .venv/bin/aponta

Once for each release, with the command of that release. What can be text is text: databases are dumps. Landing folders
hold only what was not taken yet.
"""

import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from releases import DATABASES, GONE, HERE, KEPT, summary

FEW = {"machines": 6, "days": 2, "seed": 1, "items-per-hour": 20}
SIMULATED = ("--layouts", "press,packml,euromap63", "--faults", "all", *(f"--{name}={FEW[name]}" for name in FEW))
PARTS = (0.45, 0.85, 0.93, 1.0)  # of the files: two passes, one that is killed, and what nobody took
WHO = {"LOGNAME": "ana", "USER": "ana"}


class Release:
    """The command line of a release, in a factory folder."""

    def __init__(self, command: Path, folder: Path) -> None:
        self.command, self.folder = command.absolute(), folder

    def __call__(self, *arguments: str) -> Any:
        """What it prints as JSON. Exit code 1 says that something needs a person, and in this folder it does."""
        done = self._start(*arguments, "--json").communicate()
        if self.last.returncode not in (0, 1):
            raise SystemExit(f"{arguments}: exit code {self.last.returncode}")
        return json.loads(done[0]) if done[0].strip() else None

    def _start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | WHO
        self.last = subprocess.Popen(
            [self.command, *arguments], cwd=self.folder, stdout=subprocess.PIPE, env=environment, start_new_session=True
        )
        return self.last

    def killed_while_it_makes_facts(self, *arguments: str) -> None:
        """In a pass whose batch has reached one table of the lake and not all of them."""
        lake = self.folder / "data" / "lake"
        logs = set(lake.glob("*/*/_delta_log/*.json"))
        running = self._start(*arguments)
        while running.poll() is None and logs == set(lake.glob("*/*/_delta_log/*.json")):
            time.sleep(0.0005)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def main(kept: Path, command: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "factory"
        aponta = Release(command, Path(scratch))
        aponta("lab", "simulate", "factory", *SIMULATED)
        aponta.folder = folder
        parts = split(folder, Path(scratch) / "to_come")
        layout = folder / "layouts" / "press_v1.toml"
        mended = layout.read_text(encoding="utf-8")
        layout.write_text(mended.replace(', T = "rework"', ""), encoding="utf-8")
        deliver(folder, parts[0])
        aponta("run")
        people(aponta, folder)
        deliver(folder, parts[1])
        aponta("run")
        aside = "FROM silver.files WHERE status = 'new' AND quarantined > 0 AND machine = 'ENV1'"
        aponta("files", "retry", aponta("sql", f"SELECT min(file_sha256) AS sha256 {aside}")[0]["sha256"])
        facts = facts_of(aponta)
        layout.write_text(mended, encoding="utf-8")
        deliver(folder, parts[2])
        aponta("run", "--to", "collect")
        aponta.killed_while_it_makes_facts("files", "backfill", "2026-03-02", "2026-03-03", "--yes")
        if not unfinished(folder):
            raise SystemExit("the pass was killed too early or too late: try again")
        for path in (folder / "landing").rglob("*"):
            if path.is_file():
                path.unlink()
        deliver(folder, parts[3])
        keep(folder, kept)
        (kept / "facts.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def split(folder: Path, aside: Path) -> list[list[tuple[Path, Path]]]:
    """Takes what machines wrote out of the landing folder: (where it is, where it comes), in the order of coming."""
    landing = folder / "landing"
    shutil.move(landing, aside)
    landing.mkdir()
    files = sorted(
        (path for path in aside.rglob("*") if path.is_file()), key=lambda path: (path.stat().st_mtime_ns, path)
    )
    ends = [0, *(round(part * len(files)) for part in PARTS)]
    return [
        [(path, landing / path.relative_to(aside)) for path in files[first:last]]
        for first, last in zip(ends, ends[1:], strict=False)
    ]


def deliver(folder: Path, files: list[tuple[Path, Path]]) -> None:
    for source, target in files:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)


def people(aponta: Release, folder: Path) -> None:
    """Decisions of each kind; the reassignments are one that holds and one that was taken back."""
    machine = "SELECT machine, product, min(hour) AS first FROM gold.production WHERE quality = 'good' GROUP BY ALL"
    first, second = aponta("sql", f"{machine} ORDER BY machine, first LIMIT 2")
    for row, undone in ((first, True), (second, False)):
        hour = row["first"]
        until = f"{hour[:14]}59:59Z"
        to = ("--to-quality", "scrap", "--why", "no gauge", "--yes")
        told = aponta("reassign", "items", row["machine"], "--from", hour, "--to", until, *to)
        if undone:
            aponta("reassign", "undo", str(told["number"]), "--yes")
    for hour in ("2026-03-04T10", "2026-03-04T11"):
        aponta("files", "close", "--machine", first["machine"], "--hour", hour, "--why", "switched off")
    aponta("files", "reopen", "--machine", first["machine"], "--hour", "2026-03-04T11")
    with sqlite3.connect(folder / "data" / "stock.db") as stock:  # as if somebody had lost it there
        (key,) = stock.execute("SELECT key FROM stock_movement ORDER BY key LIMIT 1").fetchone()
        for table in ("stock_movement", "stock_ledger"):
            stock.execute(f"DELETE FROM {table} WHERE key = ?", (key,))
    stock.close()
    aponta("stock", "reconcile", "--from", "2026-03-02", "--until", "2026-03-03")
    rejected = aponta("sql", "SELECT key FROM gold.stock_declarations WHERE state = 'rejected' ORDER BY key LIMIT 1")
    for row in rejected:
        aponta("stock", "retry", row["key"], "--why", "the product is known now")
    held = aponta("stock", "status")[0]["on_hand"][0]
    with (folder / "count.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["location", "product", "counted", "counted_at"])
        lines.writerow([held["location"], held["product"], 7, "2026-03-03 07:00"])
    aponta("stock", "import-count", "count.csv")
    (folder / "count.csv").unlink()
    aponta("stock", "pause", "--why", "count")
    aponta("stock", "resume")
    aponta("token", "add", first["machine"])


def facts_of(aponta: Release) -> dict[str, Any]:
    """Of each table: its columns, and by machine how many rows it holds and their hash."""
    found: dict[str, Any] = {}
    for name in sorted(path.parent.name + "." + path.name for path in (aponta.folder / "data" / "lake").glob("*/*")):
        rows = aponta("sql", f"SELECT * FROM {name}")
        if rows:
            found[name] = {"columns": sorted(rows[0]), "machines": summary(rows)}
    return found


def unfinished(folder: Path) -> bool:
    """Did a batch begin to make facts, and end no more?"""
    ops = sqlite3.connect(folder / "data" / "ops.db")
    begun = ops.execute("SELECT count(*) FROM batch WHERE base IS NOT NULL AND finished_at IS NULL").fetchone()
    ops.close()
    return bool(begun[0])


def keep(folder: Path, kept: Path) -> None:
    """Only what a machine's failure would not bring back by itself; databases as text."""
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for name in KEPT:
        if (folder / name).exists():
            target = kept / Path(name).name
            (shutil.copytree if (folder / name).is_dir() else shutil.copy2)(folder / name, target)
    drop_replaced(kept / "lake")
    for log in (kept / "lake").rglob("*.json"):  # whoever made a table says where
        told = log.read_text(encoding="utf-8").replace(folder.as_posix(), "/factory")
        log.write_text(told, encoding="utf-8", newline="\n")
    for name in DATABASES:
        database = sqlite3.connect(folder / "data" / f"{name}.db")
        lines = (line for line in database.iterdump() if not line.startswith(GONE))
        text = "".join(f"{line}\n" for line in lines)
        if str(folder.parent) in text:
            raise SystemExit(f"{name}.db names a folder of this computer")
        (kept / f"{name}.sql").write_text(text, encoding="utf-8", newline="\n")
        database.close()


def drop_replaced(lake: Path) -> None:
    """Removes the data files that neither the versions last published hold, nor any later one."""
    tables = json.loads((lake / "published.json").read_text(encoding="utf-8"))["tables"]
    for name, published in tables.items():
        table = lake.joinpath(*name.split("."))
        held: set[str] = set()
        needed: set[str] = set()
        for version, log in enumerate(sorted((table / "_delta_log").glob("*.json"))):
            for action in map(json.loads, log.read_text(encoding="utf-8").splitlines()):
                held |= {action["add"]["path"]} if "add" in action else set()
                held -= {action["remove"]["path"]} if "remove" in action else set()
            needed |= held if version >= published["version"] else set()
        for path in table.rglob("*.parquet"):
            if path.relative_to(table).as_posix() not in needed:
                path.unlink()


if __name__ == "__main__":
    main(HERE / sys.argv[1], Path(sys.argv[2]))
