"""People's actions on pages: by a form, whose sender is redirected, or by the API, which answers JSON.

The guard has already seen that the request comes from a page of aponta's own.
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
LOCAL_USER = "local"  # on record for a person at this computer, whom nobody asks for a name


def router(context: PageContext, pages: Iterable[Page], on_change: Callable[[], None]) -> APIRouter:
    """The actions of these pages. on_change: called after each."""
    routes = APIRouter()
    for page in pages:
        for action in page.actions:
            as_json, as_form = _as_json(context, action, on_change), _as_form(context, action, on_change)
            routes.post(action.api, tags=["actions"], summary=action.perform.__doc__)(as_json)
            routes.post(action.path, include_in_schema=False)(as_form)
    return routes


def _as_json(context: PageContext, action: Action, on_change: Callable[[], None]) -> Callable[..., Any]:
    def answer(request: Request, given: Any) -> Any:
        result = _perform(context, action, given, request)
        on_change()
        return result

    answer.__annotations__ |= {"given": action.body, "return": action.perform.__annotations__["return"]}
    return answer


def _as_form(context: PageContext, action: Action, on_change: Callable[[], None]) -> Callable[..., Any]:
    async def answer(request: Request) -> Response:
        try:
            given = action.body.model_validate(await _fields(request))
        except ValidationError as error:
            errors = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]  # as for a body of JSON
            raise RequestValidationError(errors) from None
        await run_sync(_perform, context, action, given, request)
        on_change()
        return RedirectResponse(action.redirect_to(given), 303)

    return answer


def _perform(context: PageContext, action: Action, given: Any, request: Request) -> Any:
    user = request.scope.get("user")
    return action.perform(context.for_user(user), given, str(user or LOCAL_USER))


async def _fields(request: Request) -> dict[str, str | list[str]]:
    """A form's fields, repeated ones as a list; {} for a form that is too large."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_FORM:
            return {}
    fields = parse_qs(body.decode("utf-8", "replace"))
    return {name: values if len(values) > 1 else values[0] for name, values in fields.items()}
