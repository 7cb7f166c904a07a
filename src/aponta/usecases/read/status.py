"""Status of the factory: last file and item of each machine, files and declarations that wait or need a person."""

from typing import Any

from sqlalchemy import func, select

from aponta.config import Factory
from aponta.contract.stock.control import IN_STOCK, DeclarationState
from aponta.ops.database import single_transaction
from aponta.ops.tables import arrival, machine_hour
from aponta.ship.outbox.status import count_by_state
from aponta.usecases.read.published import query, to_json

STOCK: dict[str, tuple[DeclarationState, ...]] = {
    "prepared": ("prepared",),
    "acknowledged": IN_STOCK,
    "rejected": ("rejected",),
    "unknown": ("unknown",),
}


def factory_status(factory: Factory) -> dict[str, Any]:
    """{"machines": a row for each, "sources": a row for each, "totals": name -> number}."""
    rows = query(
        factory,
        "SELECT machine, max(hour) FILTER (WHERE covered) AS last_hour, max(last_at) AS last_item, "
        "sum(items)::BIGINT AS items FROM silver.hours GROUP BY ALL",
    )
    last = {row["machine"]: row for row in rows}
    refused = query(factory, "SELECT machine, count(*) AS n FROM silver.quarantine WHERE status = 'open' GROUP BY ALL")
    quarantined = {row["machine"]: row["n"] for row in refused}
    clocks = {row["machine"]: row for row in query(factory, "SELECT * FROM gold.clocks")}
    with single_transaction(factory.ops_url) as connection:
        open_hours = dict(_by_machine(connection, machine_hour.c.closed_by.is_(None)))
        withheld = dict(_by_machine(connection, machine_hour.c.held))
        files_waiting = connection.execute(
            select(func.count()).select_from(arrival).where(arrival.c.status.is_(None))
        ).scalar()
        by_destination = count_by_state(connection)
        by_source = _by_source(connection)
    machines = [
        {
            "machine": machine.machine,
            "name": machine.name,
            "line": machine.line,
            "last_hour": last.get(machine.machine, {}).get("last_hour"),
            "last_item": last.get(machine.machine, {}).get("last_item"),
            "items": last.get(machine.machine, {}).get("items", 0),
            "open_hours": open_hours.get(machine.machine, 0),
            "held_hours": withheld.get(machine.machine, 0),
            "quarantined": quarantined.get(machine.machine, 0),
            "skew_ms": clocks.get(machine.machine, {}).get("skew_ms"),
            "jitter_ms": clocks.get(machine.machine, {}).get("jitter_ms"),
        }
        for machine in factory.machines.values()
    ]
    totals = {
        "items": sum(row["items"] for row in machines),
        "files_waiting": files_waiting,
        "quarantined": sum(quarantined.values()),
        **{
            f"stock_{name}": sum(counts[state] for counts in by_destination.values() for state in states)
            for name, states in STOCK.items()
        },
    }
    settings = factory.settings
    configured = [*settings.landing.folders, *(section.name for section in settings.source)]
    sources = [
        {"source": name, "files": files, "last_file": last_file}
        for name in dict.fromkeys([*configured, *by_source])
        for files, last_file in [by_source.get(name, (0, None))]
    ]
    return {
        "machines": machines,
        "sources": sources,
        "totals": {name: to_json(value) for name, value in totals.items()},
    }


def _by_source(connection: Any) -> dict[str, tuple[int, Any]]:
    """Number of files from each source, and when the last was taken."""
    query = select(arrival.c.source, func.count(), func.max(arrival.c.received_at)).group_by(arrival.c.source)
    return {
        name: (files, to_json(last))
        for name, files, last in connection.execute(query.where(arrival.c.redecode == "no"))
    }


def _by_machine(connection: Any, condition: Any) -> Any:
    return connection.execute(
        select(machine_hour.c.machine, func.count()).where(condition).group_by(machine_hour.c.machine)
    ).all()
