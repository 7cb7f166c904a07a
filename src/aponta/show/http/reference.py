"""/api/docs: the OpenAPI document as a page of ours, made here: no script of the internet draws it."""

from dataclasses import dataclass, field
from typing import Any

from aponta.words import Words


@dataclass(frozen=True)
class TypePart:
    """A piece of a type as people read it: some words, or the name of a model, which is a link."""

    text: str
    model: bool = False


@dataclass(frozen=True)
class Field:
    name: str
    kind: list[TypePart]
    needed: bool
    meaning: str
    place: str = ""  # of a parameter: path, query


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    summary: str
    parameters: list[Field]
    body: list[TypePart]
    answer: list[TypePart]
    id: str = field(default="")


@dataclass(frozen=True)
class Model:
    name: str
    meaning: str
    fields: list[Field]
    values: list[str]  # of one that is a choice


@dataclass(frozen=True)
class Reference:
    endpoints: list[Endpoint]
    models: list[Model]


def api_reference(document: dict[str, Any], words: Words) -> Reference:
    """What the OpenAPI document says, in the order it says it."""
    endpoints = [
        _endpoint(method.upper(), path, told, words)
        for path, methods in document["paths"].items()
        for method, told in methods.items()
    ]
    schemas = document.get("components", {}).get("schemas", {})
    models = [
        Model(name, told.get("description", ""), _fields(told, words), [str(one) for one in told.get("enum", ())])
        for name, told in schemas.items()
    ]
    return Reference(endpoints, models)


def _endpoint(method: str, path: str, told: dict[str, Any], words: Words) -> Endpoint:
    parameters = [
        Field(
            one["name"],
            type_in_words(one.get("schema", {}), words),
            one.get("required", False),
            one.get("description", one.get("schema", {}).get("description", "")),
            one["in"],
        )
        for one in told.get("parameters", ())
    ]
    good: dict[str, Any] = next((answer for status, answer in told["responses"].items() if status.startswith("2")), {})
    body = _content(told.get("requestBody", {}), words)
    mark = "".join(char if char.isalnum() else "-" for char in f"{method.lower()}{path}")
    return Endpoint(method, path, told.get("summary", ""), parameters, body, _content(good, words), mark)


def _content(told: dict[str, Any], words: Words) -> list[TypePart]:
    for form, one in told.get("content", {}).items():
        if one.get("schema"):
            return type_in_words(one["schema"], words)
        return [TypePart(form)]
    return []


def _fields(schema: dict[str, Any], words: Words) -> list[Field]:
    needed = schema.get("required", ())
    return [
        Field(name, type_in_words(told, words), name in needed, told.get("description", ""))
        for name, told in schema.get("properties", {}).items()
    ]


def type_in_words(schema: dict[str, Any], words: Words) -> list[TypePart]:
    """A type in words: `list of Machine`, `day`, `text (may be empty)`, `"run", "stop"`."""
    if "$ref" in schema:
        return [TypePart(schema["$ref"].rpartition("/")[2], model=True)]
    if "const" in schema or "enum" in schema:
        return [TypePart(", ".join(f'"{one}"' for one in schema.get("enum", [schema.get("const")])))]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return _choice(schema[several], words)
    told = schema.get("format", schema.get("type", ""))
    if told == "array":
        return [TypePart(words.say("show.api.list")), *type_in_words(schema.get("items", {}), words)]
    if told == "object" and schema.get("additionalProperties"):
        return [TypePart(words.say("show.api.table")), *type_in_words(schema["additionalProperties"], words)]
    named = {
        "date": words.say("show.api.date"),
        "date-time": words.say("show.api.datetime"),
        "string": words.say("show.api.string"),
        "integer": words.say("show.api.integer"),
        "number": words.say("show.api.number"),
        "boolean": words.say("show.api.boolean"),
    }
    return [TypePart(named.get(told, told or words.say("show.api.anything")))]


def _choice(schemas: list[dict[str, Any]], words: Words) -> list[TypePart]:
    parts: list[TypePart] = []
    for one in schemas:
        if one.get("type") != "null":
            parts += (
                [TypePart(words.say("show.api.or")), *type_in_words(one, words)] if parts else type_in_words(one, words)
            )
    if any(one.get("type") == "null" for one in schemas):
        parts.append(TypePart(words.say("show.api.empty")))
    return parts
