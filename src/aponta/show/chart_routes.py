"""Charts over HTTP: the definition of each, and the script that draws them."""

import hashlib
import inspect
import json
from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from aponta.show import charts
from aponta.show.chart import Chart, ChartLocale, vega_lite
from aponta.show.context import PageContext
from aponta.show.http.cache import AnswerCache
from aponta.show.http.chart_script import ChartScript
from aponta.show.http.signature import with_parameters_of
from aponta.words import Language


def all_charts() -> list[Chart]:
    """Every chart, by name."""
    modules = (import_module(f"{charts.__name__}.{module.name}") for module in iter_modules(charts.__path__))
    return sorted((module.CHART for module in modules), key=lambda chart: chart.name)


def router(
    context: PageContext, cache: AnswerCache, language_of: Callable[[Request], Language], chart_script: ChartScript
) -> APIRouter:
    """The addresses of charts. language_of: that of the person who asks."""
    routes = APIRouter(tags=["charts"])
    for chart in all_charts():
        summary = (
            f"{(inspect.getdoc(chart.load) or '').rstrip('.')}: as a Vega-Lite definition, in the reader's language."
        )
        definition = _as_definition(chart, context, cache, language_of)
        routes.get(chart.api, summary=summary, response_class=JSONResponse)(definition)

    @routes.get("/api/charts/bundle.js", include_in_schema=False)
    def script(request: Request) -> Response:
        body = chart_script.script()
        headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:20]}"'}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="text/javascript", headers=headers)

    return routes


def _as_definition(
    chart: Chart, shared: PageContext, cache: AnswerCache, language_of: Callable[[Request], Language]
) -> Callable[..., Any]:
    def answer(request: Request, **values: Any) -> Response:
        language, context = language_of(request), shared.for_user(request.scope["user"])

        def render() -> bytes:
            rows = chart.load(context, **values)
            return json.dumps(vega_lite(chart.draw(rows, ChartLocale(language, context.factory.zone)))).encode()

        key = ("chart", chart.name, language, context.reader.tables, *sorted(values.items(), key=str))
        return cache.answer(request, key, render, "application/json")

    return with_parameters_of(chart.load, answer, chart.name, Response)
