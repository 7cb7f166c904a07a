"""The tables that a person may read: decided in one place, for the pages, the API behind them and `aponta sql`."""

from typing import Protocol


class Policy(Protocol):
    def readable(self, user: str | None, tables: frozenset[str]) -> frozenset[str]:
        """Those of `tables` ("silver.items") that the user may name in a statement; a view may rest on others.

        user: the name they signed in with; None: they sit at this computer, where nobody is asked for a name.
        """


class EveryTable:
    """The policy where no other is configured: whoever the guard lets in reads every table."""

    def readable(self, user: str | None, tables: frozenset[str]) -> frozenset[str]:
        return tables
