"""gold.restated_hours: hours whose facts were made anew because what they rest on had changed, not their files.

For who read gold.production or kpi.oee before: that no count changed does not say that nothing did.
"""

from aponta.contract.table import Table, long, string, timestamp

TABLE = Table(
    "gold.restated_hours",
    "an hour of a machine made anew after the calendar, an ideal cycle, a limit, a reassignment had changed, each time",
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
