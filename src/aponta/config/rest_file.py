"""stock/NAME.toml: the document API of a stock system, described so that no code is needed to use it."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from aponta.config.sections.section import Section
from aponta.contract.rule import rule_error

NAME = re.compile(r"\{(\w+)(?::([^{}]*))?\}")  # {quantity}, {booked_on:%d.%m.%Y}
PLACE = re.compile(r"([^.\s]+(\.[^.\s]+)*)?")
LINE = re.compile(r"(GET|POST|PUT|PATCH|DELETE) /.*")


def _place(value: str) -> str:
    if not PLACE.fullmatch(value):
        raise rule_error("place_in_answer")
    return value


def _line(value: str) -> str:
    if not LINE.fullmatch(value):
        raise rule_error("request_line")
    return value


Place = Annotated[str, AfterValidator(_place)]
Value = str | int | bool


def names_in(template: Any) -> set[str]:
    """The {names} in a template, however deep."""
    if isinstance(template, str):
        return {match[1] for match in NAME.finditer(template)}
    inner = template.values() if isinstance(template, dict) else template if isinstance(template, list) else ()
    return set().union(*map(names_in, inner))


class AnswerSign(Section):
    """A sign that an answer is recognised by; everything given has to hold."""

    status: int | None = Field(None, ge=100, le=599, description="the HTTP status")
    at: Place | None = Field(None, description="where in the body, as in `error.code`")
    is_: Value | None = Field(None, alias="is", description="the value there is this")
    contains: str | None = Field(None, min_length=1, description="the value there, as text, has this in it")

    @model_validator(mode="after")
    def _says_something(self) -> "AnswerSign":
        if self.status is None and self.at is None:
            raise rule_error("sign_of_nothing", "at")
        return self


def _status(value: object) -> object:
    return {"status": value} if isinstance(value, int) else value


Signs = tuple[Annotated[AnswerSign, BeforeValidator(_status)], ...]


class AnswerMeanings(Section):
    """The meaning of answers: lists of HTTP statuses, as in `[404]`, and of values in the body, as in
    `[{ at = "error.code", is = 17 }]`, which go before a mere status. If several fit, the first in this order counts.
    An answer that is not listed: 2xx is `done`; 4xx is `never`, but for 401, 403, 407, 408, 421, 423, 425 and 429,
    where the declaration is not to blame; all else is `unknown`.
    """

    already: Signs = Field((), description="it had been carried out before: the document, or this step of it, is there")
    absent: Signs = Field((), description="there is no such document or thing")
    unknown: Signs = Field((), description="nobody knows: it is looked up, then tried again")
    never: Signs = Field((), description="it will never be taken: the declaration waits for a person")
    done: Signs = Field((), description="it was carried out")


class Request(Section):
    request: Annotated[str, AfterValidator(_line)] = Field(
        description="method and path below the `url` of aponta.toml, as in `GET /documents/{key}`; what is filled "
        "in is percent-encoded",
    )
    body: dict[str, Any] | list[Any] | None = Field(
        None,
        description="sent as JSON. A text that is one `{name}` alone keeps its type, and where it is empty (no lot) "
        "its key is left out",
    )
    form: bool = Field(False, description="the body is sent as a form of the web, not as JSON")
    means: AnswerMeanings = Field(
        default_factory=lambda: AnswerMeanings.model_validate({}), description="what the answers mean"
    )


class LoginRequest(Request):
    """Sent before anything else, and again when the session has ended (401). Cookies are stored on their own."""

    token: Place | None = Field(None, description="where the answer has the token; it is a `{token}` for [headers]")


class CreateRequest(Request):
    reference: Place | None = Field(
        None,
        description="where the answer has the document's own reference, for [[confirm]]; without it the document is "
        "looked up",
    )


class LookUpRequest(Request):
    documents: Place | None = Field(
        None,
        description="where the answer has the list of documents (empty text: it is the list); without it the "
        "answer is the document",
    )
    at_once: int = Field(1, ge=1, le=1000, description="how many keys one request asks for")
    each: str | None = Field(
        None, min_length=1, description="what is written for each `{key}`; all of them are the `{each}` of the request"
    )
    between: str = Field("", description="and what stands between two of them, as in ` or `")


class ListRequest(Request):
    """Sent again with the next `{offset}` or `{page}`, where the request has one, until nothing comes."""

    documents: Place = Field("", description="where the answer has the list; `*` is each of several: `value.*.lines`")
    details: bool = Field(False, description="its rows are not complete: each document is looked up by its key")


class OnHandRequest(Request):
    """Sent once, or where it has a `{location}` for each of the locations in aponta.toml; and again with the next
    `{offset}` or `{page}`. Locations that are not in aponta.toml are ignored."""

    rows: Place = Field("", description="where the answer has the list; `*` is each of several")
    stock_code: Place = Field(description="in a row: the product's code")
    location: Place | None = Field(None, description="in a row: the location; without it the `{location}` asked for")
    quantity: Place = Field(description="in a row: the quantity")


class FindRequest(Request):
    """A value that has to be known first, as the system's own number of a product. Its name becomes a `{NAME}`."""

    value: Place = Field(description="where the answer has it; nothing there: the declaration is refused")


class DocumentProgress(Section):
    """The progress of a document: by the value at `at`, or by another one, as in `{ at = "discarded", is = 1 }`. A
    document with a value that is not listed is looked up again, and never posted again."""

    at: Place = Field(description="where in the document")
    cancelled: tuple[Value | AnswerSign, ...] = Field((), description="a person cancelled it")
    refused: tuple[Value | AnswerSign, ...] = Field((), description="the system took it, and refused it afterwards")
    waiting: tuple[Value | AnswerSign, ...] = Field((), description="it is the system's turn")
    partial: tuple[Value | AnswerSign, ...] = Field((), description="begun: [[confirm]] goes on with it")
    done: tuple[Value | AnswerSign, ...] = Field(
        min_length=1, description="stock has moved. The first of these that fits holds"
    )


class DocumentFields(Section):
    """The places of a document's values. The first of several places that is not empty counts."""

    key: Place = Field(description="the declaration's key")
    reference: Place = Field(description="the system's own name or number of it")
    quantity: tuple[Place, ...] = Field(min_length=1, description="the quantity")
    stock_code: tuple[Place, ...] = Field((), description="the product's code")
    location: tuple[Place, ...] = Field((), description="the location")
    negative: bool | AnswerSign = Field(False, description="the quantity was taken out: always, or where this is so")
    progress: DocumentProgress | None = Field(
        None, description="how far it is; without it a document that is there is done"
    )

    @field_validator("quantity", "stock_code", "location", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


class TakeBack(Section):
    """A correction that takes back, where it is another document."""

    create: CreateRequest = Field(description="instead of [create]")
    confirm: tuple[Request, ...] | None = Field(None, description="instead of [[confirm]]")
    document: DocumentFields | None = Field(
        None, description="how it is read, where it is found elsewhere or read otherwise"
    )
    look_up: LookUpRequest | None = Field(None, description="asked beside [look_up]")
    list_: ListRequest | None = Field(None, alias="list", description="asked beside [list]")

    @model_validator(mode="after")
    def _found_and_read(self) -> "TakeBack":
        lacking = [name for name in ("document", "look_up", "list_") if getattr(self, name) is None]
        if lacking and len(lacking) < 3:
            raise rule_error("found_and_read", lacking[0].rstrip("_"))
        return self


class ClosedUntil(Request):
    value: Place = Field(description="where the answer has the day, as in 2026-02-28; nothing there: none is closed")


class DocumentApi(Section):
    """A stock system in which a movement is a document: created, perhaps confirmed, found again by its key."""

    unique: str = Field(
        min_length=1,
        max_length=500,
        description="what keeps a second document of one key out, in a sentence for people. `none`: nothing does, and "
        "that one computer alone posts is the only guard",
    )
    encode: str = Field("", description="characters that a key may not have there; they are written as in `%2F`")
    longest_key: int = Field(300, ge=40, description="a longer key is refused here, where the system would cut it")
    words: tuple[Place, ...] = Field(
        (), description="where the body of an error has the reason; without it, all of the body"
    )
    headers: dict[str, str] = Field(default_factory=dict, description="sent with every request")
    login: LoginRequest | None = Field(None, description="how to sign in")
    find: dict[str, FindRequest] = Field(default_factory=dict, description="what has to be known before")
    create: CreateRequest = Field(description="makes the document")
    confirm: tuple[Request, ...] = Field(
        (), description="steps until stock has moved: [confirm], or several [[confirm]]"
    )
    document: DocumentFields = Field(description="how a document is read")
    look_up: LookUpRequest = Field(description="asks for documents by their keys")
    list_: ListRequest = Field(alias="list", description="asks for all documents of some time")
    on_hand: OnHandRequest = Field(description="asks for what is in stock")
    take_back: TakeBack | None = Field(
        None, description="without it a correction that takes back is [create] with a negative number"
    )
    closed_until: ClosedUntil | None = Field(
        None, description="asks for the last day on which nothing can be booked any more"
    )

    @field_validator("confirm", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _a_correction_is_not_an_addition(self) -> "DocumentApi":
        if self.take_back is None and names_in(self.create.body) & {"quantity_abs", "pieces_abs"}:
            raise rule_error("unsigned", "create", "body")
        return self
