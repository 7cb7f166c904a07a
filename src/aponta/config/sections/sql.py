"""[stock.sql] of aponta.toml: the tables of a database that stock is posted to, if not aponta's own."""

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from aponta.config.sections.section import Section
from aponta.contract.rule import rule_error
from aponta.contract.stock.sink import Declaration

FIELDS = (*Declaration.__dataclass_fields__, "posted_at")
PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?![:\w])")
CONSTANT = "="

Name = Annotated[str, Field(min_length=1, max_length=200)]


class SqlSection(Section):
    """Without these keys aponta posts into tables of its own. Names may have a schema: `integration.receipts`."""

    table: Name | None = Field(
        None, description="the table or view that takes a row a declaration; aponta never makes it"
    )
    columns: dict[Name, Annotated[str, Field(max_length=500)]] = Field(
        {},
        description="what goes into which of its columns: a field of the declaration (" + ", ".join(FIELDS) + "), "
        'or always the same text, as in `"=PRODUCTION"`',
    )
    procedure: str | None = Field(
        None,
        max_length=2_000,
        description="instead of a table: the statement that posts one declaration, its fields as parameters, as in "
        "`CALL receive_goods(:key, :stock_code, :quantity)`",
    )
    rows: Literal["stay", "taken"] = Field(
        "stay",
        description="the rows of that table stay, so what a person changes or deletes is seen; or the system takes "
        "them away, and the ledger alone records what was posted",
    )
    ledger: Name = Field("stock_ledger", description="aponta's table of the keys ever posted, in the same database")
    on_hand: Name | None = Field(
        None,
        description="a view of `product`, `location`, `quantity`: what the system holds; without it that is not asked",
    )
    closed_until: Name | None = Field(
        None,
        description="a view whose column `closed_until` is the last day on which nothing can be booked any more",
    )

    def __hash__(self) -> int:  # a dict has none
        return hash(self.model_dump_json())

    @model_validator(mode="after")
    def _one_way_in(self) -> "SqlSection":
        if self.table is not None and self.procedure is not None:
            raise rule_error("one_place", "table", places="table, procedure")
        if (self.table is None) != (not self.columns):
            raise rule_error("table_and_columns", "columns" if self.columns else "table")
        for column, field in self.columns.items():
            if not field.startswith(CONSTANT) and field not in FIELDS:
                raise rule_error("declaration_field", "columns", column, field=field, known=", ".join(FIELDS))
        for field in PARAMETER.findall(self.procedure or ""):
            if field not in FIELDS:
                raise rule_error("declaration_field", "procedure", field=field, known=", ".join(FIELDS))
        return self
