"""[stock.files] of aponta.toml: the format of files that a stock system takes from a folder."""

import re
from typing import Literal

from pydantic import Field, model_validator

from aponta.config.sections.section import Section
from aponta.contract.rule import rule_error


class FilesSection(Section):
    format: Literal["csv", "xml"] = Field("csv", description="form of the files; receipts are CSV always")
    delimiter: Literal[",", ";", "\t", "|"] = Field(",", description="between columns of CSV, receipts' too")
    decimal: Literal[".", ","] = Field(".", description="decimal mark in CSV")

    @property
    def number(self) -> re.Pattern[str]:
        """A quantity as the stock system writes it in receipts."""
        return re.compile(rf"[+-]?\d{{1,18}}({re.escape(self.decimal)}\d{{1,12}})?")

    @model_validator(mode="after")
    def _two_marks(self) -> "FilesSection":
        if self.delimiter == self.decimal:
            raise rule_error("delimiter_is_decimal", "decimal")
        return self
