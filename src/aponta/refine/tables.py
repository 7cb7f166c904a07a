"""Every table of the lake in one list: what a pass writes, and the views that are derived from these when read."""

from collections.abc import Sequence

from aponta.contract.table import Table
from aponta.refine.gold import clocks, production, restated_hours, restatements, stock_declarations
from aponta.refine.kpi import oee
from aponta.refine.silver import files, hours, items, quarantine, runs, states, stops

VIEWS: dict[str, str] = {**oee.VIEWS, clocks.NAME: clocks.VIEW}  # name -> its SELECT over the tables


def all_tables(sensors: Sequence[str]) -> list[Table]:
    """Every stored table, in the order of the flow. sensors: the factory's, each a column of silver.items."""
    return [
        files.TABLE,
        quarantine.TABLE,
        items.items_table(sensors),
        hours.TABLE,
        runs.TABLE,
        states.TABLE,
        stops.TABLE,
        production.TABLE,
        restatements.TABLE,
        restated_hours.TABLE,
        stock_declarations.TABLE,
        oee.TABLE,
    ]
