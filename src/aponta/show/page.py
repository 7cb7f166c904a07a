"""What a page declares. One module in `pages` each: the application finds it there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Page:
    """name: of its template and of its words, `show.page.NAME`. load: Desk and what the address says (its other
    parameters, typed) -> a pydantic model, which the template shows as `page` and the API gives as it is.
    """

    name: str
    path: str
    load: Callable[..., Any]
    place: int | None = None  # in the navigation, from the left; None: it is reached from other pages

    @property
    def api(self) -> str:
        return "/api" + (f"/{self.name}" if self.path == "/" else self.path)
