"""The pages, the API behind them and the live events, as one web application."""

import hashlib
import inspect
from collections.abc import Callable
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules
from threading import Lock
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined

from aponta import __version__
from aponta.errors import ApontaError, ConfigError, TransientError
from aponta.show import action, pages, writing
from aponta.show.desk import Desk
from aponta.show.guard import Guard
from aponta.show.live import Pulse, events
from aponta.show.page import Page
from aponta.words import LANGUAGES, Language, Words

KEPT = 200  # rendered pages
FRESH_S = 30  # a page is made anew after so long though no fact changed: what is late depends on the time
STATUS = {ConfigError: 422, TransientError: 503}


def declared() -> list[Page]:
    """Every page, those of the navigation first and in its order."""
    modules = (import_module(f"{pages.__name__}.{module.name}") for module in iter_modules(pages.__path__))
    return sorted((module.PAGE for module in modules), key=lambda page: (page.place is None, page.place, page.name))


def site(desk: Desk, hosts: tuple[str, ...] = (), ending: Callable[[], bool] = lambda: False) -> FastAPI:
    """The application. hosts: names under which it is reached beside this computer's own. ending: it is to stop."""
    app = FastAPI(title="aponta", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.add_middleware(Guard, hosts=hosts)
    pulse = Pulse(desk, ending)
    shown = _Shown(desk, pulse, declared())
    for page in shown.pages:
        app.get(page.path, response_class=HTMLResponse, include_in_schema=False)(shown.as_html(page))
        app.get(page.api, tags=["pages"], summary=inspect.getdoc(page.load))(shown.as_json(page))
    app.include_router(action.router(desk, shown.pages, pulse.expire))
    app.get("/events", include_in_schema=False)(events(pulse))
    app.mount("/static", StaticFiles(directory=str(files("aponta.show") / "static")), name="static")

    @app.exception_handler(ApontaError)
    def refuse(request: Request, error: ApontaError) -> Response:
        return shown.failed(request, error)

    return app


class _Shown:
    """Pages, rendered once for all who look at them."""

    def __init__(self, desk: Desk, pulse: Pulse, pages: list[Page]) -> None:
        self.desk, self.pulse, self.pages = desk, pulse, pages
        self._kept: dict[tuple[Any, ...], tuple[str, bytes, str]] = {}
        self._lock = Lock()
        self._templates = Environment(
            loader=PackageLoader("aponta.show"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def as_json(self, page: Page) -> Callable[..., Any]:
        def answer(**values: Any) -> Any:
            return page.load(self.desk, **values)

        return _signed(answer, page, request=False)

    def as_html(self, page: Page) -> Callable[..., Any]:
        def answer(request: Request, **values: Any) -> Response:
            language = self._language(request)
            key = (page.name, language, *sorted(values.items(), key=str))
            now = f"{self.pulse.now()} {int(self.desk.clock().timestamp() // FRESH_S)}"
            with self._lock:  # of a hundred who ask at once, one has it made
                kept = self._kept.get(key)
                if kept is None or kept[0] != now:
                    body = self._render(page.name, language, page=page.load(self.desk, **values))
                    kept = now, body, hashlib.sha256(body).hexdigest()[:20]
                    if len(self._kept) >= KEPT:
                        self._kept.pop(next(iter(self._kept)))
                    self._kept[key] = kept
            tag = f'"{kept[2]}"'
            if request.headers.get("if-none-match") == tag:
                return Response(status_code=304, headers={"ETag": tag})
            return HTMLResponse(kept[1], headers={"ETag": tag})

        return _signed(answer, page, request=True)

    def failed(self, request: Request, error: ApontaError) -> Response:
        """What happened and what to do, as a page or as JSON."""
        language = self._language(request)
        what, do = Words(language).error(error)
        unknown = error.code.startswith("show.unknown_")
        status = 404 if unknown else next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
        if request.url.path.startswith("/api"):
            return JSONResponse({"error": error.code, "what": what, "do": do}, status)
        return HTMLResponse(self._render("failed", language, page={"what": what, "do": do}), status)

    def _language(self, request: Request) -> Language:
        wanted = request.cookies.get("language")
        return next((one for one in LANGUAGES if one == wanted), self._factory_language())

    def _factory_language(self) -> Language:
        try:
            return self.desk.factory.settings.factory.language
        except ConfigError:
            return "en"

    def _render(self, name: str, language: Language, **facts: Any) -> bytes:
        try:
            factory = self.desk.factory
        except ConfigError:
            factory = None
        context = {
            "name": name,
            "language": language,
            "languages": LANGUAGES,
            "factory": factory,
            "navigation": [page for page in self.pages if page.place is not None],
            "version": __version__,
            "today": self.desk.today() if factory else None,
            "say": lambda key, **facts: Words(language).say(f"show.{key}", **facts),
            "explain": lambda why: Words(language).error(ApontaError(why.code, **why.facts)),
            **writing.filters(language, factory.zone if factory else None),
            **facts,
        }
        return self._templates.get_template(f"{name}.html").render(context).encode()


def _signed(answer: Callable[..., Any], page: Page, *, request: bool) -> Callable[..., Any]:
    """With the parameters that the page's `load` takes after the desk: the address is read and checked by them."""
    taken = list(inspect.signature(page.load, eval_str=True).parameters.values())[1:]
    own = [inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)]
    signature = inspect.Signature(
        [*(own if request else []), *(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in taken)],
        return_annotation=inspect.signature(page.load, eval_str=True).return_annotation if not request else Response,
    )
    answer.__signature__ = signature  # type: ignore[attr-defined]
    answer.__name__ = page.name
    return answer
