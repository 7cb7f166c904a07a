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
    context: PageContext, kept: AnswerCache, language_of: Callable[[Request], Language], bundle: ChartScript
) -> APIRouter:
    """language_of: who asks."""
    routes = APIRouter(tags=["charts"])
    for chart in all_charts():
        told = f"{(inspect.getdoc(chart.load) or '').rstrip('.')}: as a Vega-Lite definition, in the reader's language."
        routes.get(chart.api, summary=told, response_class=JSONResponse)(
            _as_definition(chart, context, kept, language_of)
        )

    @routes.get("/api/charts/bundle.js", include_in_schema=False)
    def script(request: Request) -> Response:
        made = bundle.script()
        headers = {"ETag": f'"{hashlib.sha256(made).hexdigest()[:20]}"'}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(made, media_type="text/javascript", headers=headers)

    return routes


def _as_definition(
    chart: Chart, context: PageContext, kept: AnswerCache, language_of: Callable[[Request], Language]
) -> Callable[..., Any]:
    def answer(request: Request, **values: Any) -> Response:
        language = language_of(request)

        def make() -> bytes:
            rows = chart.load(context, **values)
            return json.dumps(vega_lite(chart.draw(rows, ChartLocale(language, context.factory.zone)))).encode()

        key = ("chart", chart.name, language, *sorted(values.items(), key=str))
        return kept.answer(request, key, make, "application/json")

    return with_parameters_of(answer, chart.name, chart.load, Response)
