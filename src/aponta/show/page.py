"""What a page declares. One module in `pages` each: the application finds it there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from aponta.show.context import PageContext


@dataclass(frozen=True)
class Action:
    """What a person may do: POST with JSON at `api`, from a form at the same address without /api."""

    api: str
    body: type[BaseModel]  # what is sent
    perform: Callable[[PageContext, Any, str], BaseModel]  # with the sender's name; what the API answers
    redirect_to: Callable[[Any], str]  # of what was sent: where the form's sender is led

    @property
    def path(self) -> str:
        return self.api.removeprefix("/api")


@dataclass(frozen=True)
class Page:
    """name: of its template and of its words, `show.page.NAME`. load: Desk and what the address says (its other
    parameters, typed) -> a pydantic model, which the template shows as `page` and the API gives as it is.
    """

    name: str
    path: str
    load: Callable[..., Any]
    place: int | None = None  # in the navigation, from the left; None: it is reached from other pages
    actions: tuple[Action, ...] = ()

    @property
    def api(self) -> str:
        return "/api" + (f"/{self.name}" if self.path == "/" else self.path)
