"""/api/docs: every address and field of the OpenAPI document, on a page that asks nothing of the internet."""

import re
from html import unescape

import factory as small
import pytest
from pages import browser, opened

from aponta.show.http.reference import type_in_words
from aponta.words import LANGUAGES, Words


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    with opened(small.make(tmp_path_factory.mktemp("shop"))) as context:
        yield context


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_of_the_document_is_on_the_page(context, language):
    there = browser(context)
    there.cookies.set("language", language)
    document, shown = there.get("/api/openapi.json").json(), unescape(there.get("/api/docs").text)
    assert {"/api/panel", "/health", "/metrics"} <= document["paths"].keys()
    for path, methods in document["paths"].items():
        for told in methods.values():
            assert f"<code>{path}</code>" in shown and told["summary"] in shown
            assert all(one["name"] in shown for one in told.get("parameters", ()))
    for name, schema in document["components"]["schemas"].items():
        assert f'id="{name}"' in shown
        for field, told in schema.get("properties", {}).items():
            assert f"<code>{field}</code>" in shown and told.get("description", "") in shown
    assert Words(language).say("show.api.lead").partition(",")[0] in shown


def test_links_of_the_page_lead_somewhere_on_it(context):
    shown = browser(context).get("/api/docs").text
    wanted, there = set(re.findall(r'href="#([^"]+)"', shown)), re.findall(r' id="([^"]+)"', shown)
    assert wanted <= set(there) and len(there) == len(set(there))


def test_every_model_has_a_name_of_its_own(context):
    """Else the document tells them apart by the modules they stand in."""
    named = browser(context).get("/api/openapi.json").json()["components"]["schemas"]
    assert [name for name in named if "__" in name] == []


def test_nothing_is_fetched_from_elsewhere(context):
    shown = browser(context).get("/api/docs").text
    assert not re.findall(r'(?:src|href)="(?!/|#)', shown) and "<script>" not in shown and " style=" not in shown


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string", "format": "date"}, "day"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "whole number (may be empty)"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Machine"}}, "list of Machine"),
        ({"enum": ["run", "stop"], "type": "string"}, '"run", "stop"'),
        ({"const": "iso22400"}, '"iso22400"'),
        ({"anyOf": [{"type": "string"}, {"type": "number"}]}, "text or number"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "table of yes or no"),
        ({}, "anything"),
    ],
)
def test_a_type_in_words(schema, said):
    assert " ".join(part.text for part in type_in_words(schema, Words("en"))) == said
