"""Signing in and out."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from aponta.ops.log import Log
from aponta.show.access import users
from aponta.show.access.attempts import Attempts
from aponta.show.access.guard import COOKIE, local_path
from aponta.show.context import PageContext

LARGEST_FORM = 4_096  # bytes
MOST_WAITING = 20  # hashing takes 64 MB and 50 ms: one password at a time, and a short queue


def router(context: PageContext, log: Log, render: Callable[..., bytes]) -> APIRouter:
    """/login and /logout. render: makes the page of the form from a request and its values."""
    routes, attempts, one_at_a_time = APIRouter(include_in_schema=False), Attempts(), CapacityLimiter(1)

    def form(request: Request, status: int = 200, **facts: Any) -> Response:
        body = render(request, "login", page={"next": "/", "name": "", "wrong": False, "minutes": 0} | facts)
        headers = {"Retry-After": str(60 * facts["minutes"])} if facts.get("minutes") else None
        return HTMLResponse(body, status, headers)

    @routes.get("/login")
    def ask(request: Request, next: str = "/") -> Response:
        return form(request, next=local_path(next))

    @routes.post("/login")
    async def sign_in(request: Request) -> Response:
        fields = await _fields(request)
        name, password, wanted = fields.get("name", ""), fields.get("password", ""), local_path(fields.get("next", "/"))
        address = request.client.host if request.client else ""
        wait = attempts.begin(users.normalize_name(name), address)
        if wait or one_at_a_time.statistics().tasks_waiting >= MOST_WAITING:
            log.write("warning", "sign-in refused: too many attempts", address=address)
            return form(request, 429, next=wanted, name=name, minutes=max(1, round(wait / 60)))
        token = await run_sync(users.sign_in, context.engine, name, password, context.clock(), limiter=one_at_a_time)
        if token is None:  # the name is not logged: people type passwords there by mistake
            log.write("warning", "sign-in refused: wrong name or password", address=address)
            return form(request, 401, next=wanted, name=name, wrong=True)
        attempts.succeeded(users.normalize_name(name), address)
        log.write("info", "signed in", user=users.normalize_name(name), address=address)
        await _forget(request)
        answer = RedirectResponse(wanted, 303)
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(users.SESSION_LASTS.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=request.scope["scheme"] == "https",
        )
        return answer

    @routes.post("/logout")
    async def sign_out(request: Request) -> Response:
        log.write("info", "signed out", user=request.scope["user"])
        await _forget(request)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer

    async def _forget(request: Request) -> None:
        """Ends the session that the browser had until now."""
        if old := request.cookies.get(COOKIE):
            await run_sync(users.sign_out, context.engine, old)

    return routes


async def _fields(request: Request) -> dict[str, str]:
    """A form's fields; {} for a form that is too large."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_FORM:
            return {}
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
