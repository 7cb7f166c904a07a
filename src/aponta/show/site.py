"""Pages, API and live events as one web application."""

import inspect
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException

from aponta import __version__
from aponta.errors import ApontaError, ConfigError
from aponta.ops.log import Log
from aponta.show import action, chart_routes, pages
from aponta.show.access import login
from aponta.show.access.guard import Address, Guard, wants_json
from aponta.show.context import PageContext
from aponta.show.http import filters, upload
from aponta.show.http.cache import AnswerCache
from aponta.show.http.chart_script import ChartScript
from aponta.show.http.failure import ErrorAnswer, escape_surrogates, status_of, to_aponta_error
from aponta.show.http.head import HeadAsGet
from aponta.show.http.live import ContentVersion, event_stream
from aponta.show.http.reference import api_reference
from aponta.show.http.signature import with_parameters_of
from aponta.show.monitor import health, metrics
from aponta.show.monitor.traffic import CountRequests, Traffic
from aponta.show.monitor.watcher import Watcher
from aponta.show.page import Page
from aponta.words import LANGUAGES, Language, Words


def all_pages() -> list[Page]:
    """Every page, those of the navigation first and in its order."""
    modules = (import_module(f"{pages.__name__}.{module.name}") for module in iter_modules(pages.__path__))
    return sorted((module.PAGE for module in modules), key=lambda page: (page.place is None, page.place, page.name))


def site(
    context: PageContext,
    address: Address | None = None,
    restart: str | None = None,
    ending: Callable[[], bool] = lambda: False,
) -> FastAPI:
    """The application. address: how people reach it; None: from this computer alone. restart: the command that starts
    the watcher; None: nobody need watch. ending: the server is to stop.
    """
    address = address or Address()
    app = FastAPI(
        title="aponta",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses={status: {"model": ErrorAnswer} for status in (401, 404, 422, 503)},
    )
    data = context.factory.data
    log, traffic, watcher = Log(data / "logs"), Traffic(), Watcher(data, context.clock, restart)
    content = ContentVersion(context, watcher, ending)
    rendered = _Pages(context, AnswerCache(content, context.clock), watcher, address, all_pages())
    app.add_middleware(HeadAsGet)
    app.add_middleware(CountRequests, traffic=traffic, log=log, clock=context.clock, refuse=rendered.failed)
    app.add_middleware(Guard, address=address, engine=context.engine, clock=context.clock, refuse=rendered.failed)
    for page in rendered.pages:
        app.get(page.path, response_class=HTMLResponse, include_in_schema=False)(rendered.as_html(page))
        app.get(page.api, tags=["pages"], summary=inspect.getdoc(page.load))(rendered.as_json(page))
    app.include_router(
        chart_routes.router(
            context, AnswerCache(content, context.clock), rendered.language, ChartScript(data / "cache")
        )
    )
    app.include_router(action.router(context, rendered.pages, content.expire))
    app.get("/events", include_in_schema=False)(event_stream(content))
    app.get("/api/docs", response_class=HTMLResponse, include_in_schema=False)(rendered.reference)
    app.include_router(health.router(context, watcher, address))
    app.include_router(metrics.router(context, watcher, traffic))
    if context.inbox:
        app.include_router(upload.router(context, context.inbox, log))
    if not address.is_local:
        app.include_router(login.router(context, log, rendered.page))
    app.mount("/static", StaticFiles(directory=str(files("aponta.show") / "static")), name="static")
    for kind in (ApontaError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, rendered.failed)
    return app


class _Pages:
    """Renders pages, each once for all readers of the same tables."""

    def __init__(
        self, context: PageContext, cache: AnswerCache, watcher: Watcher, address: Address, pages: list[Page]
    ) -> None:
        self.context, self.cache, self.watcher, self.address, self.pages = context, cache, watcher, address, pages
        self._language: Language = "en"
        self._templates = Environment(
            loader=PackageLoader("aponta.show"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def as_json(self, page: Page) -> Callable[..., Any]:
        def answer(request: Request, **values: Any) -> Any:
            return page.load(self.context.for_user(request.scope["user"]), **values)

        return with_parameters_of(page.load, answer, page.name)

    def as_html(self, page: Page) -> Callable[..., Any]:
        def answer(request: Request, **values: Any) -> Response:
            language, signed_in = self.language(request), bool(request.scope["user"])
            context = self.context.for_user(request.scope["user"])
            key = (page.name, language, signed_in, context.reader.tables, *sorted(values.items(), key=str))
            return self.cache.answer(
                request,
                key,
                lambda: self._render(page.name, language, signed_in, page=page.load(context, **values)),
            )

        return with_parameters_of(page.load, answer, page.name, Response)

    async def failed(self, request: Request, error: Exception) -> Response:
        """The error as a page or as JSON: what happened and what to do."""
        failure = to_aponta_error(error, request.scope["path"])
        language = self.language(request)
        what, do = map(escape_surrogates, Words(language).error(failure))
        status = status_of(failure)
        if status == 421:  # another site may read this answer: nothing of the factory is in it
            return PlainTextResponse(f"{what}\n{do}\n", status)
        if wants_json(request.scope["path"]):
            return JSONResponse({"error": failure.code, "what": what, "do": do}, status)
        return HTMLResponse(self.page(request, "failed", page={"what": what, "do": do, "status": status}), status)

    def reference(self, request: Request) -> Response:
        """/api/docs: the OpenAPI document for people."""
        words = Words(self.language(request))
        return HTMLResponse(self.page(request, "reference", page=api_reference(request.app.openapi(), words)))

    def page(self, request: Request, name: str, **facts: Any) -> bytes:
        """A page that is rendered for this request alone."""
        return self._render(name, self.language(request), bool(request.scope["user"]), **facts)

    def language(self, request: Request) -> Language:
        """The language that the reader chose, else the factory's."""
        wanted = request.cookies.get("language")
        return next((language for language in LANGUAGES if language == wanted), self._factory_language())

    def _factory_language(self) -> Language:
        """The factory's language; while a configuration file is wrong, the language read last."""
        with suppress(ConfigError):
            self._language = self.context.factory.settings.factory.language
        return self._language

    def _render(self, name: str, language: Language, signed_in: bool, **facts: Any) -> bytes:
        try:
            factory = self.context.factory
        except ConfigError:
            factory = None
        today = self.context.today() if factory else None
        words, written = Words(language), filters.language_filters(language, factory.zone if factory else None, today)
        values = {
            "name": name,
            "language": language,
            "words": words,
            "signed_in": signed_in,
            "entered": signed_in or self.address.is_local,
            "watcher": self.watcher.status(),
            "restart": self.watcher.restart,
            "languages": LANGUAGES,
            "factory": factory,
            "navigation": [page for page in self.pages if page.place is not None],
            "version": __version__,
            "today": today,
            "say": lambda key, **facts: words.say(f"show.{key}", **facts),
            "explain": lambda why: words.error(ApontaError(why.code, **why.facts)),
            **written,
            **facts,
        }
        return self._templates.get_template(f"{name}.html").render(values).encode()
