"""What people's pages read: the published facts, all of one batch."""

from typing import Any, Protocol


class Reader(Protocol):
    def version(self) -> str:
        """Other than before once other facts are published."""

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Our own SELECT over silver.*, gold.*, kpi.*, `?` for each value. Times are cast to TIMESTAMP in it (UTC) and
        come zone-aware. Raises ContractError, TransientError.
        """
