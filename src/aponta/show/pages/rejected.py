"""Decisions about declarations that a stock system rejected: who decided and why stays on record."""

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
    declarations: list[ShownDeclaration] = Field(description="rejected, the oldest first")


class DecisionRequest(BaseModel):
    """A person's decision about some keys."""

    keys: Annotated[list[str], BeforeValidator(lambda given: [given] if isinstance(given, str) else given)] = Field(
        [], max_length=MOST, description="of declarations, or of documents that aponta did not declare"
    )
    action: Literal["retry", "settle", "void", "accept"] = Field(
        description="retry: the cause was mended; settle: booked by hand; void: not there, declared again as the next "
        "revision; accept: a document that aponta did not declare is right"
    )
    why: str = Field(min_length=1, max_length=500)
    to: str | None = Field(None, max_length=100, description="the stock system; none: all that the keys went to")


class DecisionResult(BaseModel):
    count: int = Field(description="declarations changed; those whose state had changed meanwhile are left")


def load(context: PageContext, to: str, code: str | None = None) -> RejectedDeclarations:
    """The declarations that a stock system rejected. code: only for this reason."""
    systems = [system for system in context.stock.status(MOST) if system.destination == to]
    if not systems:
        names = ", ".join(section.name for section in context.factory.settings.stock) or "-"
        raise ConfigError("pipeline.no_destination", name=to[:100], names=names)
    rejected = systems[0].rejected
    entries = [entry for entry in rejected if code is None or (entry.why is not None and entry.why.code == code)]
    return RejectedDeclarations(destination=to, declarations=[shown_declaration(entry) for entry in entries])


def decide_rejected(context: PageContext, request: DecisionRequest, who: str) -> DecisionResult:
    """Decide about declarations that a stock system rejected, or documents there that aponta did not declare."""
    why = " ".join(request.why.split())
    if not why:
        raise ConfigError("ship.no_reason")
    decision = Decision(request.action, who[:200], why, context.clock())
    return DecisionResult(count=context.stock.decide(request.keys, decision, request.to))


PAGE = Page(
    "deciding",
    f"{STOCK.path}/decide",
    load,
    actions=(Action(f"{STOCK.api}/decide", DecisionRequest, decide_rejected, lambda request: STOCK.path),),
)
