"""Published facts for people's pages: all of one batch, as far as a policy lets a person read them."""

from typing import Any, Protocol


class Reader(Protocol):
    @property
    def tables(self) -> frozenset[str]:
        """The tables that may be read. Readers of the same tables may share an answer."""

    def for_user(self, user: str | None) -> "Reader":
        """The same facts, as the policy lets this user read them. user: as in contract Policy."""

    def version(self) -> str:
        """Changes when other facts are published."""

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Rows of aponta's own SELECT over silver.*, gold.*, kpi.*, `?` for each value. It casts times to TIMESTAMP
        (UTC); they come zone-aware. Raises ConfigError `lake.sql_unknown_table` for a table that may not be read,
        ContractError, TransientError.
        """
