"""/health, for monitoring: 200 or 503; and for people who are let in, the reasons."""

import time
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import select

from aponta.errors import ApontaError
from aponta.ops.database import transaction
from aponta.ops.disk import LITTLE_FREE_MB, free_bytes
from aponta.show.access.guard import Address
from aponta.show.context import PageContext
from aponta.show.monitor.watcher import Watcher

FRESH_S = 1.0  # anybody may ask, at any rate

Check = tuple[bool, dict[str, Any]]


def router(context: PageContext, watcher: Watcher, address: Address) -> APIRouter:
    """The address /health. Details are for signed-in users and for this computer."""
    routes = APIRouter(tags=["monitoring"])
    latest: tuple[float, dict[str, Check]] = (-FRESH_S, {})

    @routes.get("/health", summary="Database, lake, watcher and disk: 200, or 503 when one of them is not well.")
    def health(request: Request) -> Response:
        nonlocal latest
        if time.monotonic() - latest[0] >= FRESH_S:
            latest = time.monotonic(), health_checks(context, watcher)
        checks = latest[1]
        well = all(good for good, _ in checks.values())
        body: dict[str, Any] = {"status": "ok" if well else "failing"}
        if address.is_local or request.scope["user"]:
            body["checks"] = {name: {"ok": good, **facts} for name, (good, facts) in checks.items()}
        return JSONResponse(body, 200 if well else 503, headers={"Cache-Control": "no-store"})

    return routes


def health_checks(context: PageContext, watcher: Watcher) -> dict[str, Check]:
    """Name of the check -> whether it is well, and details."""
    return {
        "database": _run_check(lambda: _database(context)),
        "lake": _run_check(lambda: _lake(context)),
        "watcher": _watcher(watcher),
        "disk": _disk(watcher),
    }


def _run_check(check: Callable[[], dict[str, Any]]) -> Check:
    try:
        return True, check()
    except ApontaError as error:
        return False, {"error": error.code}


def _database(context: PageContext) -> dict[str, Any]:
    with transaction(context.engine, reading=True) as connection:
        connection.execute(select(1))
    return {}


def _lake(context: PageContext) -> dict[str, Any]:
    return {"files": context.rows("SELECT count(*) AS n FROM silver.files")[0]["n"]}


def _watcher(watcher: Watcher) -> Check:
    status, beat = watcher.status(), watcher.beat()
    facts: dict[str, Any] = {"state": status.state}
    if beat:
        facts |= {"looked_at": beat.looked_at.isoformat(), "run": beat.run, "pid": beat.pid, "host": beat.host}
    if status.error:
        facts["error"] = status.error.code
    return status.up, facts


def _disk(watcher: Watcher) -> Check:
    free = free_bytes(watcher.data)
    return free > LITTLE_FREE_MB * 2**20, {"free_bytes": free}
