"""When `make search` was last run on this computer: `python searched.py` says it, `--ended CODE` notes it first."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

REPO = Path(__file__).parents[2]
LAST = REPO / "build" / "search.json"


def commit() -> str:
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=REPO, capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or "a folder without its history"


def write(code: int, last: Path = LAST) -> None:
    last.parent.mkdir(exist_ok=True)
    facts = {"ended": datetime.now(UTC).isoformat(timespec="seconds"), "commit": commit(), "code": code}
    last.write_text(json.dumps(facts), encoding="utf-8")


def sentence(now: datetime, last: Path = LAST) -> str:
    if not last.exists():
        return "make search was never run on this computer."
    facts = json.loads(last.read_text(encoding="utf-8"))
    days = (now - datetime.fromisoformat(facts["ended"])).days
    when = {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")
    outcome = "it failed" if facts["code"] else "all held"
    return f"make search was last run {when}, on {facts['commit']}: {outcome}."


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ended"]:
        write(int(sys.argv[2]))
    sys.stdout.write(sentence(datetime.now(UTC)) + "\n")
