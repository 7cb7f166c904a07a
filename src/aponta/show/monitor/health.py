"""/health: may what the pages say be relied on? For monitoring: 200 or 503, and to whom may know, why."""

import time
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import select

from aponta.errors import ApontaError
from aponta.ops.database import transaction
from aponta.ops.disk import LITTLE_FREE_MB, free_bytes
from aponta.show.access.guard import Door
from aponta.show.context import Desk
from aponta.show.monitor.watcher import Watcher

KEPT_S = 1.0  # anybody may ask, as often as they like

Check = tuple[bool, dict[str, Any]]


def router(desk: Desk, watcher: Watcher, door: Door) -> APIRouter:
    """Details are for who has signed in, or sits at this computer."""
    routes = APIRouter(tags=["monitoring"])
    kept: tuple[float, dict[str, Check]] = (-KEPT_S, {})

    @routes.get("/health", summary="Database, lake, watcher and disk: 200, or 503 when one of them is not well.")
    def health(request: Request) -> Response:
        nonlocal kept
        if time.monotonic() - kept[0] >= KEPT_S:
            kept = time.monotonic(), examine(desk, watcher)
        checks = kept[1]
        well = all(good for good, _ in checks.values())
        told: dict[str, Any] = {"status": "ok" if well else "failing"}
        if door.open or request.scope["user"]:
            told["checks"] = {name: {"ok": good, **facts} for name, (good, facts) in checks.items()}
        return JSONResponse(told, 200 if well else 503, headers={"Cache-Control": "no-store"})

    return routes


def examine(desk: Desk, watcher: Watcher) -> dict[str, Check]:
    """Name -> is it well, and what is known of it."""
    return {
        "database": _tried(lambda: _database(desk)),
        "lake": _tried(lambda: _lake(desk)),
        "watcher": _watcher(watcher),
        "disk": _disk(watcher),
    }


def _tried(check: Callable[[], dict[str, Any]]) -> Check:
    try:
        return True, check()
    except ApontaError as error:
        return False, {"error": error.code}


def _database(desk: Desk) -> dict[str, Any]:
    with transaction(desk.engine, reading=True) as connection:
        connection.execute(select(1))
    return {}


def _lake(desk: Desk) -> dict[str, Any]:
    return {"files": desk.rows("SELECT count(*) AS n FROM silver.files")[0]["n"]}


def _watcher(watcher: Watcher) -> Check:
    told, beat = watcher.now(), watcher.beat()
    facts: dict[str, Any] = {"state": told.state}
    if beat:
        facts |= {"looked_at": beat.looked_at.isoformat(), "run": beat.run, "pid": beat.pid, "host": beat.host}
    if told.error:
        facts["error"] = told.error.code
    return told.up, facts


def _disk(watcher: Watcher) -> Check:
    free = free_bytes(watcher.data)
    return free > LITTLE_FREE_MB * 2**20, {"free_bytes": free}
