"""/api/docs: the OpenAPI document as a page, rendered here without any script of the internet."""

from dataclasses import dataclass, field
from typing import Any

from aponta.words import Words


@dataclass(frozen=True)
class TypePart:
    """A piece of a type in words: plain text, or the name of a model, which is a link."""

    text: str
    model: bool = False


@dataclass(frozen=True)
class Field:
    name: str
    kind: list[TypePart]
    needed: bool
    meaning: str
    place: str = ""  # of a parameter: "path", "query"


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
    values: list[str]  # of an enumeration


@dataclass(frozen=True)
class Reference:
    endpoints: list[Endpoint]
    models: list[Model]


def api_reference(document: dict[str, Any], words: Words) -> Reference:
    """The endpoints and models of the OpenAPI document, in its order."""
    endpoints = [
        _endpoint(method.upper(), path, operation, words)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = document.get("components", {}).get("schemas", {})
    models = [
        Model(
            name, schema.get("description", ""), _fields(schema, words), [str(each) for each in schema.get("enum", ())]
        )
        for name, schema in schemas.items()
    ]
    return Reference(endpoints, models)


def _endpoint(method: str, path: str, operation: dict[str, Any], words: Words) -> Endpoint:
    parameters = [
        Field(
            parameter["name"],
            type_in_words(parameter.get("schema", {}), words),
            parameter.get("required", False),
            parameter.get("description", parameter.get("schema", {}).get("description", "")),
            parameter["in"],
        )
        for parameter in operation.get("parameters", ())
    ]
    good: dict[str, Any] = next(
        (answer for status, answer in operation["responses"].items() if status.startswith("2")), {}
    )
    body = _content(operation.get("requestBody", {}), words)
    mark = "".join(char if char.isalnum() else "-" for char in f"{method.lower()}{path}")
    return Endpoint(method, path, operation.get("summary", ""), parameters, body, _content(good, words), mark)


def _content(body: dict[str, Any], words: Words) -> list[TypePart]:
    for media_type, content in body.get("content", {}).items():
        if content.get("schema"):
            return type_in_words(content["schema"], words)
        return [TypePart(media_type)]
    return []


def _fields(schema: dict[str, Any], words: Words) -> list[Field]:
    needed = schema.get("required", ())
    return [
        Field(name, type_in_words(field, words), name in needed, field.get("description", ""))
        for name, field in schema.get("properties", {}).items()
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
    name = schema.get("format", schema.get("type", ""))
    if name == "array":
        return [TypePart(words.say("show.api.list")), *type_in_words(schema.get("items", {}), words)]
    if name == "object" and schema.get("additionalProperties"):
        return [TypePart(words.say("show.api.table")), *type_in_words(schema["additionalProperties"], words)]
    in_words = {
        "date": words.say("show.api.date"),
        "date-time": words.say("show.api.datetime"),
        "string": words.say("show.api.string"),
        "integer": words.say("show.api.integer"),
        "number": words.say("show.api.number"),
        "boolean": words.say("show.api.boolean"),
    }
    return [TypePart(in_words.get(name, name or words.say("show.api.anything")))]


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
