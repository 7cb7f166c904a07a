"""The description of a document API, read and tried on an example before any request is made."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from aponta.config.rest_file import DocumentApi, Request
from aponta.config.secret import resolve_secret
from aponta.config.sections.rest import RestSection
from aponta.config.toml_file import read_toml
from aponta.contract.stock.sink import Declaration
from aponta.errors import ConfigError
from aponta.ship.destinations.rest import template

_HOUR = datetime(2026, 3, 2, 10, tzinfo=UTC)
EXAMPLE = Declaration(
    "S:M:P:20260302T10:good:1", "M", "P", "P", _HOUR, "good", 1, 1, Decimal(1), "pc", "L", _HOUR.date(), "LOT"
)


@dataclass(frozen=True)
class ApiDescription:
    file: str
    api: DocumentApi
    values: Mapping[str, str] = field(repr=False)
    secrets: frozenset[str] = field(repr=False)  # the values among them that nobody may see


def read_description(section: RestSection, folder: Path) -> ApiDescription:
    """Raises ConfigError that names the file and the key, or the {name} without a value."""
    api = read_toml(folder / section.description, DocumentApi)
    values = {name: resolve_secret(value, folder) for name, value in section.values.items()}
    secrets = frozenset(values[name] for name, value in section.values.items() if value.startswith(("env:", "file:")))
    for key, request, facts in _requests(api):
        _try(section.description, key, request, {**values, **facts})
    for name, value in api.headers.items():
        _try(section.description, f"headers.{name}", value, {**values, "token": "T"})
    return ApiDescription(section.description, api, values, secrets)


def _requests(api: DocumentApi) -> Iterator[tuple[str, Request, dict[str, Any]]]:
    """Each request with the values that are known when it is made."""
    declared = template.declaration_values(EXAMPLE, EXAMPLE.key)
    found: dict[str, Any] = dict.fromkeys(api.find, "1")
    look_up = {"key": "K", "keys": ["K"], "each": "K"}
    listed = {"site": "S", "first_day": date(2026, 3, 1), "offset": 0, "page": 1}
    if api.login:
        yield "login", api.login, {}
    for name, request in api.find.items():
        yield f"find.{name}", request, declared
    back = api.take_back
    for key, part in (("", api), ("take_back.", back)):
        if part is None:
            continue
        yield f"{key}create", part.create, {**declared, **found}
        for number, step in enumerate(part.confirm or (), start=1):
            yield f"{key}confirm {number}", step, {**declared, **found, "reference": "R"}
        if part.look_up:
            yield f"{key}look_up", part.look_up, look_up
        if part.list_:
            yield f"{key}list", part.list_, listed
    yield "on_hand", api.on_hand, {**found, "location": "L", "offset": 0, "page": 1}
    if api.closed_until:
        yield "closed_until", api.closed_until, {}


def _try(file: str, key: str, request: Request | str, facts: Mapping[str, Any]) -> None:
    try:
        if isinstance(request, str):
            template.fill_text(request, facts)
        else:
            template.fill_path(request.request, facts)
            template.fill_body(request.body, facts)
    except KeyError as unknown:
        known = ", ".join(sorted(facts))
        raise ConfigError("ship.value_missing", file=file, key=key, name=unknown.args[0], known=known) from None
    except (ValueError, TypeError) as error:
        raise ConfigError("ship.bad_form", file=file, key=key, why=str(error)) from None
