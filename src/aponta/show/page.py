"""The declaration of a page. Each module in `pages` has one: the application finds it there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from aponta.show.context import PageContext


@dataclass(frozen=True)
class Action:
    """An action of a person: POST with JSON at `api`, or a form sent to the same address without /api."""

    api: str
    body: type[BaseModel]  # of the request
    perform: Callable[[PageContext, Any, str], BaseModel]  # context, body, user's name -> the API's answer
    redirect_to: Callable[[Any], str]  # body -> where the form's sender is redirected

    @property
    def path(self) -> str:
        return self.api.removeprefix("/api")


@dataclass(frozen=True)
class Page:
    """name: of its template and its words, `show.page.NAME`. load: PageContext and the parameters of the address, typed
    -> a pydantic model, which the template reads as `page` and the API answers as JSON.
    """

    name: str
    path: str
    load: Callable[..., Any]
    place: int | None = None  # in the navigation, from the left; None: other pages lead to it
    actions: tuple[Action, ...] = ()

    @property
    def api(self) -> str:
        return "/api" + (f"/{self.name}" if self.path == "/" else self.path)
