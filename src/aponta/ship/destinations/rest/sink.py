"""A document is created under the declaration's key, confirmed until stock has moved, and found again by its key.

That there is one of a key is the system's to keep: `unique` of the description says how.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from aponta.config.rest_file import (
    AnswerSign,
    CreateRequest,
    DocumentFields,
    FindRequest,
    ListRequest,
    LookUpRequest,
    OnHandRequest,
    Request,
    names_in,
)
from aponta.contract.stock.key import hour_of_key
from aponta.contract.stock.sink import Declaration, Progress, Rejection, StockDocument
from aponta.errors import ConfigError
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
from aponta.ship.destinations.rest.session import Session, SignInRefused

_PROGRESS: tuple[Progress, ...] = ("cancelled", "refused", "waiting", "partial", "done")


@dataclass(frozen=True)
class _Form:
    """How one kind of document is made and found: what adds to stock, and what takes back where that is another."""

    create: CreateRequest
    confirm: tuple[Request, ...]
    look_up: LookUpRequest
    listing: ListRequest
    document: DocumentFields


class RestSink:
    """A `Sink`."""

    def __init__(self, name: str, told: ApiDescription, session: Session, locations: set[str]) -> None:
        self.name = name
        self._told, self._api, self._session, self._locations = told, told.api, session, locations
        self._found: dict[str, Any] = {}  # what [find] found, by what was asked
        api, back = told.api, told.api.take_back
        self._adds = self._takes = _Form(api.create, api.confirm, api.look_up, api.list_, api.document)
        if back:
            self._takes = _Form(
                back.create,
                api.confirm if back.confirm is None else back.confirm,
                back.look_up or api.look_up,
                back.list_ or api.list_,
                back.document or api.document,
            )

    def check(self) -> None:
        """Whether it lets us in, and says of a key that nobody posted that nothing is there."""
        nobody = f"aponta:check:{uuid4()}"
        for form in self._kinds():
            try:
                meant, answer, documents = self._asked_for(form, [nobody])
            except SignInRefused as refusal:
                raise ConfigError("ship.sign_in_refused", **refusal.facts) from None
            why = self._session.words(answer)
            if meant == "unknown":
                raise self._session.unsure(why)
            if documents != []:
                raise ConfigError("ship.not_absent", destination=self.name, file=self._told.file, why=why)

    def look_up(self, keys: Sequence[str]) -> dict[str, StockDocument]:
        """Raises TransientError when it is not known."""
        found: dict[str, list[StockDocument]] = {}
        asked = [key for key in keys if len(self._name(key)) <= self._api.longest_key]
        for form in self._kinds():
            for start in range(0, len(asked), form.look_up.at_once):
                for key, posted in self._documents(form, asked[start : start + form.look_up.at_once]):
                    found.setdefault(key, []).append(posted)
        return {key: _together(found[key]) for key in keys if key in found}

    def post(self, declarations: Sequence[Declaration]) -> dict[str, StockDocument]:
        """One after the other. Raises Rejection with the system's words of the first that it will never take, or
        TransientError.
        """
        there = self.look_up([one.key for one in declarations])
        driven = [one.key for one in declarations if self._drive(one, there.get(one.key))]
        there |= self.look_up(driven)
        for one in declarations:
            if one.key not in there:
                raise self._session.unsure(f"{one.key} was created and is not found under [look_up]")
        return there

    def list_documents(self, site: str, since: datetime, until: datetime) -> Iterator[tuple[str, StockDocument]]:
        """Raises TransientError."""
        facts = {"site": site, "first_day": (since - timedelta(days=1)).date()}
        for form in self._kinds():
            told = set[str]()
            for row in self._pages(form.listing, form.listing.documents, facts):
                key = self._key(value_at(row, form.document.key))
                hour = hour_of_key(key) if key.startswith(f"{site}:") else None
                if hour is None or not since <= hour < until or key in told:
                    continue
                if form.listing.details:
                    told.add(key)
                    yield from self._documents(form, [key])
                else:
                    yield key, self._read(form.document, row)

    def on_hand(self) -> Iterator[tuple[str, str, Decimal]]:
        """Of the locations in aponta.toml. Raises TransientError."""
        asked: OnHandRequest = self._api.on_hand
        finds = [self._api.find[name] for name in names_in([asked.request, asked.body]) & self._api.find.keys()]
        by_place = any("location" in names_in([one.request, one.body]) for one in (asked, *finds))
        for place in sorted(self._locations) if by_place else [None]:
            facts = {"location": place} if place else {}
            for row in self._pages(asked, asked.rows, facts | self._finds(asked, facts)):
                location = value_at(row, asked.location) if asked.location is not None else place
                if str(location) in self._locations:
                    yield (
                        str(value_at(row, asked.stock_code)),
                        str(location),
                        self._number(value_at(row, asked.quantity)),
                    )

    def closed_until(self) -> date | None:
        """Raises TransientError."""
        asked = self._api.closed_until
        if asked is None:
            return None
        meant, answer = self._session.ask(asked, {})
        told = value_at(answer.body, asked.value)
        if meant == "absent" or meant == "done" and not told:
            return None
        try:
            return date.fromisoformat(str(told)[:10])
        except ValueError:
            raise self._session.unsure(self._session.words(answer)) from None

    # -- posting

    def _drive(self, said: Declaration, there: StockDocument | None) -> bool:
        """Until stock has moved, from where it stands. Whether anything was asked of the system."""
        if there and there.progress != "partial":
            self._same(said, there)
            return False
        form = self._takes if said.quantity < 0 else self._adds
        name = self._name(said.key)
        if len(name) > self._api.longest_key:
            raise Rejection(said.key, f"{len(name)} characters > longest_key = {self._api.longest_key}")
        facts = template.declaration_values(said, name)
        if there is None:
            reference, there = self._created(form, said, facts)
        else:
            reference = there.reference
        if there is not None:
            self._same(said, there)
            reference = there.reference
        for step in form.confirm:
            meant, answer = self._session.ask(
                step, facts | self._finds(step, facts, said.key) | {"reference": reference}
            )
            self._taken(said, meant, answer, but="partial")
        return True

    def _created(self, form: _Form, said: Declaration, facts: dict[str, Any]) -> tuple[str, StockDocument | None]:
        """The new document's reference; or, where it was there already, the document."""
        meant, answer = self._session.ask(form.create, facts | self._finds(form.create, facts, said.key))
        self._taken(said, meant, answer)
        reference = value_at(answer.body, form.create.reference) if form.create.reference is not None else None
        if meant == "done" and (reference is not None or not form.confirm):
            return str(reference), None
        there = self.look_up([said.key]).get(said.key)
        if there is None:
            raise self._session.unsure(f"{said.key} is not found under [look_up]; {self._session.words(answer)}")
        return there.reference, there

    def _taken(self, said: Declaration, meant: Meaning, answer: ApiAnswer, but: Progress | None = None) -> None:
        """Whether it was. A refusal may only say that somebody else was faster: then what is there decides."""
        if meant in ("done", "already"):
            return
        if meant == "unknown":
            raise self._session.unsure(self._session.words(answer))
        there = self.look_up([said.key]).get(said.key)
        if there is None or there.progress == but:
            raise Rejection(said.key, self._session.words(answer))

    def _same(self, said: Declaration, there: StockDocument) -> None:
        """Of one that is begun the quantity too, lest it is finished as something else; of one that is done the driver
        sees it.
        """
        told: dict[str, object] = {"stock_code": there.stock_code, "location": there.location}
        if there.progress == "partial":
            told["quantity"] = there.quantity
        for name, value in told.items():
            if value is not None and value != getattr(said, name):
                raise Rejection(said.key, f"{there.reference}: {name} {value}, not {getattr(said, name)}")

    def _finds(self, request: Request, facts: dict[str, Any], key: str = "") -> dict[str, Any]:
        """What the request needs to know first. Raises Rejection where there is no such thing."""
        found = {}
        for name in sorted(names_in([request.request, request.body]) & self._api.find.keys()):
            asked: FindRequest = self._api.find[name]
            question = json.dumps(
                [
                    name,
                    template.fill_path(asked.request, {**self._told.values, **facts}),
                    template.fill_body(asked.body, {**self._told.values, **facts}),
                ]
            )
            if question not in self._found:
                meant, answer = self._session.ask(asked, facts)
                value = value_at(answer.body, asked.value) if meant == "done" else None
                if meant == "unknown" or value is None and not key:
                    raise self._session.unsure(f"[find.{name}] {self._session.words(answer)}")
                if value is None:
                    raise Rejection(key, f"[find.{name}] {self._session.words(answer)}")
                self._found[question] = value
            found[name] = self._found[question]
        return found

    # -- reading

    def _kinds(self) -> list[_Form]:
        """Both, where what takes back is found elsewhere or read otherwise."""
        return [self._adds] if self._takes.look_up is self._adds.look_up else [self._adds, self._takes]

    def _documents(self, form: _Form, keys: Sequence[str]) -> Iterator[tuple[str, StockDocument]]:
        _, answer, documents = self._asked_for(form, keys)
        if documents is None:
            raise self._session.unsure(self._session.words(answer))
        for document in documents:
            key = self._key(value_at(document, form.document.key))
            if key not in keys:  # so it did not look for these: nobody knows whether they are there
                raise self._session.unsure(f"[look_up] found {key}, which was not asked for")
            yield key, self._read(form.document, document)

    def _asked_for(self, form: _Form, keys: Sequence[str]) -> tuple[Meaning, ApiAnswer, list[Any] | None]:
        """documents: None where the answer does not tell."""
        asked = form.look_up
        names = [self._name(key) for key in keys]
        each = [template.fill_text(asked.each or "", {**self._told.values, "key": name}) for name in names]
        meant, answer = self._session.ask(asked, {"key": names[0], "keys": names, "each": asked.between.join(each)})
        if meant == "absent":
            return meant, answer, []
        if meant != "done" or answer.body is None:
            return meant, answer, None
        return meant, answer, [answer.body] if asked.documents is None else lists_at(answer.body, asked.documents)

    def _pages(self, asked: ListRequest | OnHandRequest, place: str, facts: dict[str, Any]) -> Iterator[Any]:
        offset, page, last = 0, 1, None
        while True:
            meant, answer = self._session.ask(asked, {**facts, "offset": offset, "page": page})
            if meant not in ("done", "absent"):
                raise self._session.unsure(self._session.words(answer))
            found = lists_at(answer.body, place.partition("*")[0].rstrip("."))  # what is paged, not what is in it
            if found is None and meant == "done":
                raise self._session.unsure(self._session.words(answer))
            if not found or found == last:  # the latter: it knows nothing of pages, and gives all each time
                return
            yield from lists_at(answer.body, place) or ()
            if not names_in([asked.request, asked.body]) & {"offset", "page"}:
                return
            offset, page, last = offset + len(found), page + 1, found

    def _read(self, where: DocumentFields, document: Any) -> StockDocument:
        quantity = self._number(_first(document, where.quantity))
        negative = where.negative if isinstance(where.negative, bool) else matches_sign(document, where.negative)
        code, location = _first(document, where.stock_code), _first(document, where.location)
        return StockDocument(
            -abs(quantity) if negative else quantity,
            str(value_at(document, where.reference)),
            self._progress(where, document),
            stock_code=None if code is None else str(code),
            location=None if location is None else str(location),
        )

    def _progress(self, where: DocumentFields, document: Any) -> Progress:
        if where.progress is None:
            return "done"
        told = value_at(document, where.progress.at)
        for progress in _PROGRESS:
            for one in getattr(where.progress, progress):
                if matches_sign(document, one) if isinstance(one, AnswerSign) else equals_json(told, one):
                    return progress
        raise self._session.unsure(f"{where.progress.at} = {told}: [document.progress] does not list it")

    def _number(self, told: Any) -> Decimal:
        try:
            return Decimal(str(told))
        except InvalidOperation:
            raise self._session.unsure(f"{told}: no quantity") from None

    def _name(self, key: str) -> str:
        """The key as the system can hold it."""
        return "".join(_escape(one) if one in self._api.encode else one for one in key)

    def _key(self, name: Any) -> str:
        key = str(name)
        for one in self._api.encode:
            key = key.replace(_escape(one), one)
        return key


def _escape(mark: str) -> str:
    return "".join(f"%{byte:02X}" for byte in mark.encode())


def _first(document: Any, places: Sequence[str]) -> Any:
    return next((value for place in places for value in values_at(document, place) if value is not None), None)


def _together(several: Sequence[StockDocument]) -> StockDocument:
    """Where two documents carry one key, their sum is there: that it is no longer what was said, the driver sees."""
    alive = [one for one in several if one.progress not in ("cancelled", "refused")] or several[:1]
    first = alive[0]
    total = sum((one.quantity for one in alive), Decimal(0))
    return StockDocument(total, first.reference, first.progress, first.why, first.stock_code, first.location)
