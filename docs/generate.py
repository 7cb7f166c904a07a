"""Writes docs/reference/ from the code: what people look up is what the program does.

python docs/generate.py            writes the pages
python docs/generate.py --check    writes nothing; exit code 1 when a page is not what the code says
"""

import inspect
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import aponta
from aponta.cli.app import app
from aponta.cli.page_context import context_on
from aponta.config import Factory, load, rest_file
from aponta.config.calendar_file import CalendarRules
from aponta.config.master import IdealCycle, Machine, Product
from aponta.config.rest_file import AnswerMeanings, AnswerSign, DocumentApi, DocumentProgress, Request
from aponta.config.settings import Settings
from aponta.contract.clock import system_clock
from aponta.contract.layout import Layout
from aponta.contract.table import Table
from aponta.ops.database import connect
from aponta.refine.gold import clocks, completeness
from aponta.refine.kpi import oee
from aponta.refine.tables import all_tables
from aponta.ship.destinations.rest.template import DECLARATION_NAMES, REQUEST_NAMES
from aponta.show.http.reference import TypePart, api_reference
from aponta.show.site import site
from aponta.usecases.vendor import grading
from aponta.usecases.vendor.grading import FORM_LETTERS, LIMITS
from aponta.words import Words

SRC = Path(aponta.__file__).parent
REFERENCE = Path(__file__).parent / "reference"
MADE = "<!-- Made from the code by docs/generate.py: mend the code, then make it again. -->\n"
MANY = re.compile(r"\{(\w+):[^{}|]*\|([^{}|]*)\}")  # a place with two forms: shown is the one for many
FAMILIES = {
    "ConfigError": "2: mend the file or the command",
    "ContractError": "1: something waits for a person",
    "TransientError": "3: try again",
}


def pages() -> dict[str, str]:
    """Name -> content."""
    made = {
        "cli.md": cli(),
        "configuration.md": configuration(),
        "rest.md": rest(),
        "tables.md": table_pages(),
        "errors.md": errors(),
        "grades.md": grades(),
        "api.md": api(),
    }
    return {name: MADE + re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n" for name, lines in made.items()}


def grid(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    if rows:
        yield f"\n| {' | '.join(columns)} |"
        yield f"|{'---|' * len(columns)}"
        yield from (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
    yield ""


# -- the command line


def cli() -> Iterator[str]:
    yield f"# Command line\n\n{app.info.help}\n\n{app.info.epilog}\n"
    yield "Messages and progress go to stderr, results to stdout.\n"
    for command in app.registered_commands:
        yield from command_page(command.name or command.callback.__name__, command.callback)
    for group in app.registered_groups:
        inner = group.typer_instance
        yield f"## aponta {inner.info.name}\n\n{inner.info.help}\n"
        if inner.registered_callback and inner.registered_callback.callback:
            yield from command_page(inner.info.name, inner.registered_callback.callback, heading="")
        for command in inner.registered_commands:
            name = f"{inner.info.name} {command.name or command.callback.__name__}"
            yield from command_page(name, command.callback, heading="###")


def command_page(name: str, callback: Any, heading: str = "##") -> Iterator[str]:
    if heading:
        yield f"{heading} aponta {name}\n"
    for paragraph in inspect.getdoc(callback).split("\n\n"):
        example = paragraph.startswith("\b")
        yield f"```\n{paragraph[2:]}\n```\n" if example else paragraph.replace("\n", " ") + "\n"
    rows = []
    hints = get_type_hints(callback, include_extras=True, localns={"Report": Any})
    for parameter in inspect.signature(callback).parameters.values():
        hint = hints[parameter.name]
        if get_origin(hint) is not Annotated:
            continue  # Typer's own context
        kind, info = get_args(hint)[:2]
        if info.hidden:
            continue
        argument = isinstance(info, typer.models.ArgumentInfo)
        # In an annotation Typer takes the first name where a default would stand.
        written = [one for one in (info.default, *(info.param_decls or ())) if isinstance(one, str)]
        names = info.metavar if argument else ", ".join(written) or f"--{parameter.name.replace('_', '-')}"
        takes = "" if argument or kind is bool else f" {info.metavar or placeholder(kind)}"
        needed = parameter.default is inspect.Parameter.empty
        default = "needed" if needed else "" if kind is bool else shown(parameter.default)
        rows.append((f"`{names}{takes}`", info.help or "", default.replace("`.`", "this folder")))
    yield from grid(("", "meaning", "default"), rows)


def placeholder(kind: Any) -> str:
    choices = "|".join(get_args(kind)) if get_origin(kind) is Literal else ""
    return choices or spoken(kind).split(" ")[-1].upper()


# -- configuration


def configuration() -> Iterator[str]:
    yield "# Configuration\n\nA factory folder is made by `aponta init DIR` and checked by `aponta doctor`.\n"
    yield "Unknown keys and columns are errors that name the nearest known one. A secret is never written into a file"
    yield "read as text: `env:NAME` takes it from the environment, `file:PATH` from a file of its own.\n"
    yield "- [aponta.toml](#apontatoml), [machines.csv, products.csv, ideal_cycles.csv](#master-data),"
    yield "  [calendar.toml](#calendartoml), [layouts/*.toml](#layouts)\n"
    yield "## aponta.toml\n"
    yield from model_pages(Settings, "")
    yield "## Master data\n"
    yield "CSV with `,` or `;` between columns, `.` or `,` in numbers, UTF-8 or cp1252; days as in 2026-03-02 or"
    yield "02/03/2026."
    for name, row in (("machines.csv", Machine), ("products.csv", Product), ("ideal_cycles.csv", IdealCycle)):
        yield f"\n### {name}\n\n{inspect.getdoc(row)}"
        yield from fields_of(row)
    yield "## calendar.toml\n"
    yield from model_pages(CalendarRules, "")
    yield "## Layouts\n"
    yield from model_pages(Layout, "")


def model_pages(model: type[BaseModel], path: str) -> Iterator[str]:
    """A table of keys, then each key that is a table of its own."""
    doc = model.__doc__ and inspect.getdoc(model)
    if path:
        yield f"### [{path}]\n"
    yield f"{doc}\n" if doc and model.__doc__ is not BaseModel.__doc__ else ""
    inner = [(name, part) for name, field in model.model_fields.items() if (part := part_of(field.annotation))]
    yield from fields_of(model, without={name for name, _ in inner} if not path and model is Settings else set())
    for name, part in inner:
        several = ".NAME" if get_origin(model.model_fields[name].annotation) is dict else ""
        yield from model_pages(part, f"{path}.{name}{several}".strip("."))


def part_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := part_of(inner))), None)


def fields_of(model: type[BaseModel], without: set[str] = frozenset()) -> Iterator[str]:
    rows = []
    for name, field in model.model_fields.items():
        if name in without:
            continue
        if not field.description:
            sys.exit(f"{model.__name__}.{name} has no description")
        default = field.get_default(call_default_factory=True)
        told = "needed" if default is PydanticUndefined else shown(default)
        told = told if len(told) < 60 else ""  # a table with a page of its own below
        rows.append((f"`{field.alias or name}`", spoken(field.annotation), told, field.description))
    yield from grid(("key", "takes", "default", "meaning"), rows)


def spoken(kind: Any) -> str:
    """A type as people say it."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return spoken(inner[0])
    if origin in (Union, UnionType):
        return " or ".join(spoken(one) for one in inner if one is not NoneType)
    if origin is Literal:
        return ", ".join(f"`{one}`" if one else "nothing" for one in inner)
    if origin in (tuple, list):
        several = len(inner) > 1 and inner[1] is not Ellipsis
        return f"list of {len(inner)}: {spoken(inner[0])}" if several else f"list of {spoken(inner[0])}"
    if origin is dict:
        return f"table of {spoken(inner[1])}"
    plain = {str: "text", int: "whole number", float: "number", bool: "yes or no", date: "day", datetime: "time"}
    plain[Any] = "anything"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "table"
    return plain.get(kind, "FILE" if kind is Path else "number")


def shown(value: Any) -> str:
    if isinstance(value, BaseModel):
        return shown({name: one for name, one in value.model_dump().items() if one})
    if value is None or value == {} or value == ():
        return ""
    if isinstance(value, bool):
        return f"`{value}`".lower()
    if isinstance(value, datetime | date):
        return f"`{value:%Y-%m-%d}`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{one}"' for one in value) + "]`"
    if isinstance(value, dict):
        return "`{ " + ", ".join(f'{name} = "{one}"' for name, one in value.items()) + " }`"
    return f"`{value}`" if str(value) else '`""`'


# -- descriptions of document APIs


def rest() -> Iterator[str]:
    yield f"# REST descriptions\n\n{inspect.getdoc(rest_file)}"
    yield "Which file it is says `description` in [stock.rest] of [aponta.toml](configuration.md);"
    yield "[how to write one](../how-to/post-to-a-rest-api.md). A place in an answer is written"
    yield "`items.0.qty`: of `items` the first in its list, of that the key `qty`. An empty text is the whole answer.\n"
    yield "## Names\n\nIn path, body and headers a `{name}` stands for a value, as does each of [stock.rest.values] and"
    yield "each [find.NAME].\n"
    yield from grid(("name", "stands for"), [(f"`{{{name}}}`", told) for name, told in DECLARATION_NAMES.items()])
    yield "Each of these is known in some tables only:\n"
    yield from grid(("name", "stands for"), [(f"`{{{name}}}`", told) for name, told in REQUEST_NAMES.items()])
    yield "## Requests\n\nEvery table that asks the API something has these keys, and those of its own below.\n"
    yield from fields_of(Request)
    for name, part in (("means", AnswerMeanings), ("a sign in the body", AnswerSign)):
        yield f"### {name}\n\n{inspect.getdoc(part)}\n"
        yield from fields_of(part)
    yield "## The file\n"
    yield from fields_of(DocumentApi)
    for name, field in DocumentApi.model_fields.items():
        part = part_of(field.annotation)
        if part and part is not Request:
            several = ".NAME" if get_origin(field.annotation) is dict else ""
            yield f"### [{field.alias or name}{several}]\n"
            yield f"{inspect.getdoc(part)}\n" if part.__doc__ != Request.__doc__ else ""
            yield from fields_of(part, without=set(Request.model_fields) if issubclass(part, Request) else set())
    yield f"### [document.progress]\n\n{inspect.getdoc(DocumentProgress)}\n"
    yield from fields_of(DocumentProgress)


# -- tables


def table_pages() -> Iterator[str]:
    yield "# Tables\n\nDelta Lake tables in `data/lake`, in the order of the flow. Read them with `aponta sql`, or with"
    yield "anything that reads Delta: `data/lake/published.json` says which version of each belongs together.\n"
    yield "Times are UTC and zone-aware; durations are integer milliseconds (`_ms`); no ratio is stored. A table with a"
    yield "partition has it as a further column.\n"
    kept = all_tables(load(SRC / "config" / "template").sensors)
    yield from grid(
        ("table", "one row"), [(f"[{one.name}](#{slug(one.name)})", one.grain) for one in (*kept, completeness.TABLE)]
    )
    for table in kept:
        yield from table_page(table)
    yield "## Derived when read\n\nIn no file of the lake: `aponta sql`, pages and API make it when they are asked.\n"
    yield from table_page(completeness.TABLE, "###")
    yield inspect.getdoc(completeness).partition("\n\n")[2] + "\n"
    yield f"### {clocks.NAME}\n\nOne row: a machine of which a file with items came.\n"
    yield from grid(("column", "meaning"), [(f"`{name}`", meaning) for name, meaning in clocks.COLUMNS])
    yield inspect.getdoc(clocks).partition("\n\n")[2] + "\n"
    yield f"```sql{clocks.VIEW}\n```\n"
    yield "## Views\n"
    yield "Profiles over `kpi.oee`, row by row. To roll up, add its times and counts first, then divide.\n"
    for name, sql in oee.VIEWS.items():
        yield f"### {name}\n\n```sql{sql}\n```\n"


def slug(heading: str) -> str:
    """As a forge and the site make the anchor of a heading."""
    return heading.replace(".", "")


def table_page(table: Table, heading: str = "##") -> Iterator[str]:
    yield f"{heading} {table.name}\n\nOne row: {table.grain}.\n"
    kept = [f"Unique: {', '.join(f'`{name}`' for name in table.unique)}."] if table.unique else []
    if table.partition:
        of = "the UTC date" if table.partition == "date" else "the first day of the month"
        kept.append(f"Partition: `{table.partition}`, {of} of `{table.clock}`.")
    if any(column.meaning.startswith("sensor") for column in table.columns):
        kept.append("The sensors are those of your layouts; here, of the example's.")
    yield " ".join(kept)
    rows = [(f"`{one.name}`", one.kind + (", may be empty" if one.null else ""), one.meaning) for one in table.columns]
    yield from grid(("column", "kind", "meaning"), rows)


# -- grades


def grades() -> Iterator[str]:
    yield "# Grades of files\n"
    yield inspect.getdoc(grading).partition("\n\n")[2] + " Nothing broken is an A.\n"
    yield "`aponta files grade` tells them, with what to ask of the vendor; [how to](../how-to/ask-a-vendor.md).\n"
    words, none = Words("en"), {"count": "n", "of": "N"}
    told = [
        (f"`{ask}`", letter, words.say(f"pipeline.vendor.why.{ask}", **none)) for ask, letter in FORM_LETTERS.items()
    ]
    yield "## By the layout\n"
    yield from grid(("criterion", "at best", "why"), told)
    yield "## Counted\n"
    rows = []
    for name, limits in LIMITS.items():
        letters = ", ".join(f"{letter} over {limit:.1%}" if limit else f"{letter} if any" for limit, letter in limits)
        rows.append((f"`{name}`", letters, words.say(f"pipeline.vendor.why.{name}", **none)))
    yield from grid(("criterion", "at best", "counted"), rows)
    yield "`aside`: rows of files that were read. `late`: hours of the last 35 days. `cut`: where there is a trailer.\n"


# -- the API


def api() -> Iterator[str]:
    words = Words("en")
    told = api_reference(document(), words)
    yield "# API\n\nWhat a page shows, the API gives, as JSON. `aponta serve` has this page at `/api/docs`, the OpenAPI"
    yield "document at `/api/openapi.json`. Times are UTC, durations milliseconds. A request that changes something"
    yield "carries the header `Origin`, as browsers send it; who may ask: [show it on the"
    yield "network](../how-to/show-it-on-the-network.md).\n"
    rows = [
        (f"[{one.method} {one.path}](#{anchor(f'{one.method} {one.path}')})", one.summary) for one in told.endpoints
    ]
    yield from grid(("ask", "get"), rows)
    for one in told.endpoints:
        yield f"## {one.method} {one.path}\n\n{one.summary}\n"
        parameters = [
            (f"`{of.name}`", f"{of.place}{', needed' if of.needed else ''}", kinds(of.kind)) for of in one.parameters
        ]
        yield from grid(("parameter", "in", "type"), parameters)
        yield f"Takes: {kinds(one.body)}.\n" if one.body else ""
        yield f"Answers: {kinds(one.answer)}.\n" if one.answer else ""
    yield "## What is taken and answered\n"
    for model in told.models:
        yield f"### {model.name}\n\n{model.meaning}\n"
        fields = [(f"`{one.name}`", kinds(one.kind), one.meaning) for one in model.fields]
        yield from grid(("field", "type", "meaning"), fields)
        yield ", ".join(f"`{one}`" for one in model.values)


def document() -> dict[str, Any]:
    """The OpenAPI document of the pages, which no factory changes."""
    with TemporaryDirectory() as folder:
        shutil.copytree(SRC / "config" / "template", folder, dirs_exist_ok=True)
        factory = load(Path(folder))

        def read() -> Factory:
            return factory

        engine = connect(factory.ops_url)
        try:
            return site(context_on(engine, read, system_clock)).openapi()
        finally:
            engine.dispose()


def kinds(parts: list[TypePart]) -> str:
    return " ".join(f"[{one.text}](#{one.text.lower()})" if one.model else one.text for one in parts)


def anchor(heading: str) -> str:
    """Of a heading with marks in it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


# -- errors


def errors() -> Iterator[str]:
    yield "# Errors\n\nEach says what happened and what to do, in the factory's language; `--json` gives its code.\n"
    for path in sorted((SRC / "words" / "en").glob("*.toml")):
        told = tomllib.loads(path.read_text(encoding="utf-8")).get("error", {})
        if told:
            yield f"## {path.stem}\n"
        for name, words in told.items():
            code = f"{path.stem}.{name}"
            what, do = (
                MANY.sub(lambda count: count[2].replace("#", f"{{{count[1]}}}"), words[of]) for of in ("what", "do")
            )
            yield f"### {code}\n\n{what}\n\n*What to do:* {do}\n"
            yield f"Exit code {FAMILIES[family(code)]}.\n"


def family(code: str) -> str:
    """What kind of error it is; one that is only kept beside a declaration is for a person."""
    return families().get(code, "ContractError")


@cache
def families() -> dict[str, str]:
    """Code -> what kind of error is raised with it."""
    texts = (path.read_text(encoding="utf-8") for path in SRC.rglob("*.py"))
    found = (re.findall(r'(\w+Error)\(\s*"([\w.]+)"', text) for text in texts)
    return {code: kind for one in reversed([*found]) for kind, code in reversed(one)}


def main() -> None:
    drifted = []
    for name, content in pages().items():
        path = REFERENCE / name
        if not path.is_file() or path.read_text(encoding="utf-8") != content:
            drifted.append(name)
            if "--check" not in sys.argv:
                REFERENCE.mkdir(exist_ok=True)
                path.write_text(content, encoding="utf-8")
    says = "differs from the code; run: python docs/generate.py" if "--check" in sys.argv else "written"
    for name in drifted:
        sys.stdout.write(f"docs/reference/{name}: {says}\n")
    if drifted and "--check" in sys.argv:
        sys.exit(1)


if __name__ == "__main__":
    main()
