"""Deciding about declarations that a stock system refused: who did it, and why, stays on record."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from aponta.contract.stock.control import Decision
from aponta.errors import ConfigError
from aponta.show.context import PageContext
from aponta.show.page import Action, Page
from aponta.show.pages.stock import PAGE as STOCK
from aponta.show.pages.stock import ShownDeclaration, shown_declaration

MOST = 500  # at a time


class RejectedDeclarations(BaseModel):
    destination: str
    declarations: list[ShownDeclaration] = Field(description="refused, the oldest first")


class DecisionRequest(BaseModel):
    """What a person decides of some keys."""

    keys: Annotated[list[str], BeforeValidator(lambda given: [given] if isinstance(given, str) else given)] = Field(
        [], max_length=MOST, description="of declarations, or of documents that nobody here said"
    )
    action: Literal["retry", "settle", "void", "accept"] = Field(
        description="retry: its cause was mended; settle: booked by hand; void: not there, and said again as the next "
        "revision; accept: a document that nobody here said is right"
    )
    why: str = Field(min_length=1, max_length=500)
    to: str | None = Field(None, max_length=100, description="the stock system; none: each that the keys went to")


class DecisionResult(BaseModel):
    count: int = Field(description="how many it was done to; what had gone on meanwhile is left")


def load(context: PageContext, to: str, code: str | None = None) -> RejectedDeclarations:
    """What a stock system refused. code: only for this reason."""
    known = [one for one in context.stock.status(MOST) if one.destination == to]
    if not known:
        names = ", ".join(one.name for one in context.factory.settings.stock) or "-"
        raise ConfigError("pipeline.no_destination", name=to[:100], names=names)
    entries = [one for one in known[0].rejected if code is None or (one.why is not None and one.why.code == code)]
    return RejectedDeclarations(destination=to, declarations=[shown_declaration(one) for one in entries])


def decide_rejected(context: PageContext, given: DecisionRequest, who: str) -> DecisionResult:
    """Decide about declarations that a stock system refused, or documents there that nobody here said."""
    why = " ".join(given.why.split())
    if not why:
        raise ConfigError("ship.no_reason")
    decided = Decision(given.action, who[:200], why, context.clock())
    return DecisionResult(count=context.stock.decide(given.keys, decided, given.to))


PAGE = Page(
    "deciding",
    f"{STOCK.path}/decide",
    load,
    actions=(Action(f"{STOCK.api}/decide", DecisionRequest, decide_rejected, lambda given: STOCK.path),),
)
