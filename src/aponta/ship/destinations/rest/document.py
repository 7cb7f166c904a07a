"""Documents of an API: found by the keys of declarations, or listed, and read by the description."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from aponta.config.rest_file import (
    AnswerSign,
    CreateRequest,
    DocumentApi,
    DocumentFields,
    ListRequest,
    LookUpRequest,
    OnHandRequest,
    Request,
    names_in,
)
from aponta.contract.stock.sink import Progress, StockDocument
from aponta.ops.database import chunks
from aponta.ship.destinations.rest import template
from aponta.ship.destinations.rest.answer import (
    ApiAnswer,
    Meaning,
    equals_json,
    lists_at,
    matches_sign,
    value_at,
    values_at,
)
from aponta.ship.destinations.rest.config import ApiDescription
from aponta.ship.destinations.rest.session import Session

_PROGRESS: tuple[Progress, ...] = ("cancelled", "refused", "waiting", "partial", "done")


@dataclass(frozen=True)
class DocumentKind:
    """The requests and fields of one kind of document: the kind that adds to stock, or the one that takes back."""

    create: CreateRequest
    confirm: tuple[Request, ...]
    look_up: LookUpRequest
    listing: ListRequest
    fields: DocumentFields


class ApiDocuments:
    """adds, takes: the kinds of documents. kinds: both where they are found or read differently, else one of them."""

    def __init__(self, description: ApiDescription, session: Session) -> None:
        self._values, self._api, self._session = description.values, description.api, session
        self.adds, self.takes = _kinds(description.api)
        self.kinds = [self.adds] if self.takes.look_up is self.adds.look_up else [self.adds, self.takes]

    def look_up(self, keys: Sequence[str]) -> dict[str, StockDocument]:
        """The documents of these keys. Raises TransientError where the answer is not clear."""
        found: dict[str, list[StockDocument]] = {}
        short_enough = [key for key in keys if len(self.name_of(key)) <= self._api.longest_key]
        for kind in self.kinds:
            for some in chunks(short_enough, kind.look_up.at_once):
                for key, document in self.of_keys(kind, some):
                    found.setdefault(key, []).append(document)
        return {key: _sum(found[key]) for key in keys if key in found}

    def of_keys(self, kind: DocumentKind, keys: Sequence[str]) -> Iterator[tuple[str, StockDocument]]:
        """Each document of these keys, with its key."""
        _, answer, documents = self.request(kind, keys)
        if documents is None:
            raise self._session.unsure(self._session.words(answer))
        for document in documents:
            key = self.key_of_name(value_at(document, kind.fields.key))
            if key not in keys:  # it looked for other keys: nobody knows whether these are there
                raise self._session.unsure(f"[look_up] found {key}, which was not asked for")
            yield key, self.read(kind.fields, document)

    def request(self, kind: DocumentKind, keys: Sequence[str]) -> tuple[Meaning, ApiAnswer, list[Any] | None]:
        """The answer's meaning, the answer, and the documents in it; None: the answer is not clear."""
        look_up = kind.look_up
        names = [self.name_of(key) for key in keys]
        each = [template.fill_text(look_up.each or "", {**self._values, "key": name}) for name in names]
        facts = {"key": names[0], "keys": names, "each": look_up.between.join(each)}
        meaning, answer = self._session.ask(look_up, facts)
        if meaning == "absent":
            return meaning, answer, []
        if meaning != "done" or answer.body is None:
            return meaning, answer, None
        if look_up.documents is None:
            return meaning, answer, [answer.body]
        return meaning, answer, lists_at(answer.body, look_up.documents)

    def pages(self, request: ListRequest | OnHandRequest, place: str, facts: dict[str, Any]) -> Iterator[Any]:
        """The rows at `place` in the answers to a request, page after page."""
        paged_list = place.partition("*")[0].rstrip(".")  # the list that is paged, not the lists in its rows
        offset, page, previous = 0, 1, None
        while True:
            meaning, answer = self._session.ask(request, {**facts, "offset": offset, "page": page})
            if meaning not in ("done", "absent"):
                raise self._session.unsure(self._session.words(answer))
            rows = lists_at(answer.body, paged_list)
            if rows is None and meaning == "done":
                raise self._session.unsure(self._session.words(answer))
            if not rows or rows == previous:  # the latter: an API without pages gives every row each time
                return
            yield from lists_at(answer.body, place) or ()
            if not names_in([request.request, request.body]) & {"offset", "page"}:
                return
            offset, page, previous = offset + len(rows), page + 1, rows

    def read(self, fields: DocumentFields, document: Any) -> StockDocument:
        """A document in an answer. Raises TransientError for a quantity or a progress that cannot be read."""
        quantity = self.number(_first(document, fields.quantity))
        negative = fields.negative if isinstance(fields.negative, bool) else matches_sign(document, fields.negative)
        code, location = _first(document, fields.stock_code), _first(document, fields.location)
        return StockDocument(
            -abs(quantity) if negative else quantity,
            str(value_at(document, fields.reference)),
            self._progress(fields, document),
            stock_code=None if code is None else str(code),
            location=None if location is None else str(location),
        )

    def number(self, value: Any) -> Decimal:
        """Raises TransientError where it is none."""
        try:
            return Decimal(str(value))
        except InvalidOperation:
            raise self._session.unsure(f"{value}: no quantity") from None

    def name_of(self, key: str) -> str:
        """The key as the API can store it."""
        return "".join(_escape(mark) if mark in self._api.encode else mark for mark in key)

    def key_of_name(self, name: Any) -> str:
        """Reverses `name_of`."""
        key = str(name)
        for mark in self._api.encode:
            key = key.replace(_escape(mark), mark)
        return key

    def _progress(self, fields: DocumentFields, document: Any) -> Progress:
        if fields.progress is None:
            return "done"
        value = value_at(document, fields.progress.at)
        for progress in _PROGRESS:
            for sign in getattr(fields.progress, progress):
                if matches_sign(document, sign) if isinstance(sign, AnswerSign) else equals_json(value, sign):
                    return progress
        raise self._session.unsure(f"{fields.progress.at} = {value}: [document.progress] does not list it")


def _kinds(api: DocumentApi) -> tuple[DocumentKind, DocumentKind]:
    """The kind that adds and the kind that takes back."""
    adds = DocumentKind(api.create, api.confirm, api.look_up, api.list_, api.document)
    back = api.take_back
    if not back:
        return adds, adds
    takes = DocumentKind(
        back.create,
        api.confirm if back.confirm is None else back.confirm,
        back.look_up or api.look_up,
        back.list_ or api.list_,
        back.document or api.document,
    )
    return adds, takes


def _escape(mark: str) -> str:
    return "".join(f"%{byte:02X}" for byte in mark.encode())


def _first(document: Any, places: Sequence[str]) -> Any:
    return next((value for place in places for value in values_at(document, place) if value is not None), None)


def _sum(documents: Sequence[StockDocument]) -> StockDocument:
    """Two documents of one key as one with the sum of their quantities: the driver sees that it differs."""
    alive = [each for each in documents if each.progress not in ("cancelled", "refused")] or documents[:1]
    first = alive[0]
    total = sum((each.quantity for each in alive), Decimal(0))
    return StockDocument(total, first.reference, first.progress, first.why, first.stock_code, first.location)
