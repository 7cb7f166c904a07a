"""Posts to an API: creates a document under the declaration's key and confirms it until stock has moved.

The system itself keeps the key unique, as `unique` of the description explains.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from aponta.config.rest_file import FindRequest, OnHandRequest, Request, names_in
from aponta.contract.stock.key import hour_of_key
from aponta.contract.stock.sink import Declaration, Progress, Rejection, StockDocument
from aponta.ship.destinations.rest import template
from aponta.ship.destinations.rest.answer import ApiAnswer, Meaning, value_at
from aponta.ship.destinations.rest.check import check_api
from aponta.ship.destinations.rest.config import ApiDescription
from aponta.ship.destinations.rest.document import ApiDocuments, DocumentKind
from aponta.ship.destinations.rest.session import Session


class RestSink:
    """A `Sink`."""

    def __init__(
        self, name: str, description: ApiDescription, session: Session, documents: ApiDocuments, locations: set[str]
    ) -> None:
        self.name = name
        self._file, self._values, self._api = description.file, description.values, description.api
        self._session, self._documents, self._locations = session, documents, locations
        self._found: dict[str, Any] = {}  # values that [find] requests found, by request

    def check(self) -> None:
        """As `check_api`."""
        check_api(self.name, self._file, self._session, self._documents)

    def look_up(self, keys: Sequence[str]) -> dict[str, StockDocument]:
        """Raises TransientError where the answer is not clear."""
        return self._documents.look_up(keys)

    def post(self, declarations: Sequence[Declaration]) -> dict[str, StockDocument]:
        """Posts one declaration after the other. Raises Rejection with the system's words at the first that it will
        never take, or TransientError.
        """
        documents = self.look_up([declaration.key for declaration in declarations])
        posted = [each.key for each in declarations if self._post_one(each, documents.get(each.key))]
        documents |= self.look_up(posted)
        for declaration in declarations:
            if declaration.key not in documents:
                raise self._session.unsure(f"{declaration.key} was created and is not found under [look_up]")
        return documents

    def list_documents(self, site: str, since: datetime, until: datetime) -> Iterator[tuple[str, StockDocument]]:
        """Raises TransientError."""
        facts = {"site": site, "first_day": (since - timedelta(days=1)).date()}
        for kind in self._documents.kinds:
            seen = set[str]()
            for row in self._documents.pages(kind.listing, kind.listing.documents, facts):
                key = self._documents.key_of_name(value_at(row, kind.fields.key))
                hour = hour_of_key(key) if key.startswith(f"{site}:") else None
                if hour is None or not since <= hour < until or key in seen:
                    continue
                if kind.listing.details:
                    seen.add(key)
                    yield from self._documents.of_keys(kind, [key])
                else:
                    yield key, self._documents.read(kind.fields, row)

    def on_hand(self) -> Iterator[tuple[str, str, Decimal]]:
        """Stock at the locations in aponta.toml. Raises TransientError."""
        request: OnHandRequest = self._api.on_hand
        finds = [self._api.find[name] for name in names_in([request.request, request.body]) & self._api.find.keys()]
        by_location = any("location" in names_in([each.request, each.body]) for each in (request, *finds))
        for asked in sorted(self._locations) if by_location else [None]:
            facts = {"location": asked} if asked else {}
            for row in self._documents.pages(request, request.rows, facts | self._find_values(request, facts)):
                location = value_at(row, request.location) if request.location is not None else asked
                if str(location) in self._locations:
                    code, quantity = value_at(row, request.stock_code), value_at(row, request.quantity)
                    yield str(code), str(location), self._documents.number(quantity)

    def closed_until(self) -> date | None:
        """Raises TransientError."""
        request = self._api.closed_until
        if request is None:
            return None
        meaning, answer = self._session.ask(request, {})
        day = value_at(answer.body, request.value)
        if meaning == "absent" or (meaning == "done" and not day):
            return None
        try:
            return date.fromisoformat(str(day)[:10])
        except ValueError:
            raise self._session.unsure(self._session.words(answer)) from None

    def _post_one(self, declaration: Declaration, document: StockDocument | None) -> bool:
        """Takes it to its end from where its document is; returns whether the system was asked to do anything."""
        if document and document.progress != "partial":
            _require_same(declaration, document)
            return False
        kind = self._documents.takes if declaration.quantity < 0 else self._documents.adds
        name = self._documents.name_of(declaration.key)
        if len(name) > self._api.longest_key:
            raise Rejection(declaration.key, f"{len(name)} characters > longest_key = {self._api.longest_key}")
        facts = template.declaration_values(declaration, name)
        if document is None:
            reference, document = self._create(kind, declaration, facts)
        else:
            reference = document.reference
        if document is not None:
            _require_same(declaration, document)
            reference = document.reference
        for step in kind.confirm:
            values = facts | self._find_values(step, facts, declaration.key) | {"reference": reference}
            meaning, answer = self._session.ask(step, values)
            self._require_taken(declaration, meaning, answer, but="partial")
        return True

    def _create(
        self, kind: DocumentKind, declaration: Declaration, facts: dict[str, Any]
    ) -> tuple[str, StockDocument | None]:
        """The new document's reference; or, where it existed already, the document."""
        key = declaration.key
        meaning, answer = self._session.ask(kind.create, facts | self._find_values(kind.create, facts, key))
        self._require_taken(declaration, meaning, answer)
        reference = value_at(answer.body, kind.create.reference) if kind.create.reference is not None else None
        if meaning == "done" and (reference is not None or not kind.confirm):
            return str(reference), None
        document = self.look_up([key]).get(key)
        if document is None:
            raise self._session.unsure(f"{key} is not found under [look_up]; {self._session.words(answer)}")
        return document.reference, document

    def _require_taken(
        self, declaration: Declaration, meaning: Meaning, answer: ApiAnswer, but: Progress | None = None
    ) -> None:
        """Raises Rejection where the system refused. A refusal may only mean that another process was faster: then the
        document decides, unless its progress is `but`.
        """
        if meaning in ("done", "already"):
            return
        if meaning == "unknown":
            raise self._session.unsure(self._session.words(answer))
        document = self.look_up([declaration.key]).get(declaration.key)
        if document is None or document.progress == but:
            raise Rejection(declaration.key, self._session.words(answer))

    def _find_values(self, request: Request, facts: dict[str, Any], key: str = "") -> dict[str, Any]:
        """Values of the [find] requests that a request names. Raises Rejection where there is none for a declaration's
        `key`.
        """
        values = {}
        for name in sorted(names_in([request.request, request.body]) & self._api.find.keys()):
            find: FindRequest = self._api.find[name]
            known = {**self._values, **facts}
            question = json.dumps([name, template.fill_path(find.request, known), template.fill_body(find.body, known)])
            if question not in self._found:
                meaning, answer = self._session.ask(find, facts)
                value = value_at(answer.body, find.value) if meaning == "done" else None
                words = f"[find.{name}] {self._session.words(answer)}"
                if meaning == "unknown" or (value is None and not key):
                    raise self._session.unsure(words)
                if value is None:
                    raise Rejection(key, words)
                self._found[question] = value
            values[name] = self._found[question]
        return values


def _require_same(declaration: Declaration, document: StockDocument) -> None:
    """Raises Rejection where the document has another product or location. Compares the quantity of a partial document
    too, before it is finished; the driver compares that of a finished one.
    """
    content: dict[str, object] = {"stock_code": document.stock_code, "location": document.location}
    if document.progress == "partial":
        content["quantity"] = document.quantity
    for name, value in content.items():
        if value is not None and value != getattr(declaration, name):
            expected = getattr(declaration, name)
            raise Rejection(declaration.key, f"{document.reference}: {name} {value}, not {expected}")
