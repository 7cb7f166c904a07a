"""What people do on pages: from a form, whose sender is led on, or through the API, which answers as JSON.

Whether a page of our own sent it is the guard's to see.
"""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from aponta.show.context import PageContext
from aponta.show.page import Action, Page

LARGEST_FORM = 65_536  # bytes
NOBODY = "local"  # who is at this computer itself is not asked for a name


def router(context: PageContext, pages: Iterable[Page], done: Callable[[], None]) -> APIRouter:
    """The actions of these pages. done: told when something was changed."""
    routes = APIRouter()
    for page in pages:
        for action in page.actions:
            routes.post(action.api, tags=["actions"], summary=action.perform.__doc__)(_as_json(context, action, done))
            routes.post(action.path, include_in_schema=False)(_as_form(context, action, done))
    return routes


def _as_json(context: PageContext, action: Action, done: Callable[[], None]) -> Callable[..., Any]:
    def answer(request: Request, given: Any) -> Any:
        told = action.perform(context, given, _who(request))
        done()
        return told

    answer.__annotations__ |= {"given": action.body, "return": action.perform.__annotations__["return"]}
    return answer


def _as_form(context: PageContext, action: Action, done: Callable[[], None]) -> Callable[..., Any]:
    async def answer(request: Request) -> Response:
        try:
            given = action.body.model_validate(await _fields(request))
        except ValidationError as error:
            told = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]  # as of a body of JSON
            raise RequestValidationError(told) from None
        await run_sync(action.perform, context, given, _who(request))
        done()
        return RedirectResponse(action.redirect_to(given), 303)

    return answer


def _who(request: Request) -> str:
    return str(request.scope.get("user") or NOBODY)


async def _fields(request: Request) -> dict[str, str | list[str]]:
    """A form's fields, several of one name as a list; of a form too large none."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_FORM:
            return {}
    given = parse_qs(body.decode("utf-8", "replace"))
    return {name: values if len(values) > 1 else values[0] for name, values in given.items()}
