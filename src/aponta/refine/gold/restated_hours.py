"""gold.restated_hours: hours whose facts were computed again because their inputs had changed, not their files.

A reader of gold.production or kpi.oee sees here what else may have changed where no count did.
"""

from aponta.contract.table import Table, long, string, timestamp

TABLE = Table(
    "gold.restated_hours",
    "an hour of a machine computed again: a calendar, an ideal cycle, a limit, a reassignment had changed",
    (
        string("machine", "as in machines.csv"),
        timestamp("hour", "UTC hour"),
        string(
            "causes",
            "calendar, ideal_cycles, limits, reassigned, restart_below, rollover, timezone, totals, unknown; several "
            "by commas",
        ),
        timestamp("restated_at", "when"),
        long("batch", "the pipeline's batch that did it"),
    ),
    partition="month",
)
