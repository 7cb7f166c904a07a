"""How the factory stands: each machine's last file and item, what waits, what needs a person."""

from typing import Any

from sqlalchemy import func, select

from aponta.config import Factory
from aponta.contract.stock.control import IN_STOCK, DeclarationState
from aponta.ops.database import connected, transaction
from aponta.ops.tables import arrival, machine_hour
from aponta.ship.outbox.status import count_by_state
from aponta.usecases.read.published import plain, query

STOCK: dict[str, tuple[DeclarationState, ...]] = {
    "prepared": ("prepared",),
    "acknowledged": IN_STOCK,
    "rejected": ("rejected",),
    "unknown": ("unknown",),
}


def standing(factory: Factory) -> dict[str, Any]:
    """{"machines": one row each, "sources": one row each, "totals": name -> number}."""
    rows = query(
        factory,
        "SELECT machine, max(hour) FILTER (WHERE covered) AS last_hour, max(last_at) AS last_item, "
        "sum(items)::BIGINT AS items FROM silver.hours GROUP BY ALL",
    )
    last = {row["machine"]: row for row in rows}
    refused = query(factory, "SELECT machine, count(*) AS n FROM silver.quarantine WHERE status = 'open' GROUP BY ALL")
    quarantined = {row["machine"]: row["n"] for row in refused}
    clocks = {row["machine"]: row for row in query(factory, "SELECT * FROM gold.clocks")}
    with connected(factory.ops_url) as engine, transaction(engine) as connection:
        open_hours = dict(_by_machine(connection, machine_hour.c.closed_by.is_(None)))
        held = dict(_by_machine(connection, machine_hour.c.held))
        not_done = connection.execute(
            select(func.count()).select_from(arrival).where(arrival.c.status.is_(None))
        ).scalar()
        declared = count_by_state(connection)
        came = _by_source(connection)
    nothing: dict[str, Any] = {}
    machines = [
        {
            "machine": machine.machine,
            "name": machine.name,
            "line": machine.line,
            "last_hour": last.get(machine.machine, nothing).get("last_hour"),
            "last_item": last.get(machine.machine, nothing).get("last_item"),
            "items": last.get(machine.machine, nothing).get("items", 0),
            "open_hours": open_hours.get(machine.machine, 0),
            "held_hours": held.get(machine.machine, 0),
            "quarantined": quarantined.get(machine.machine, 0),
            "skew_ms": clocks.get(machine.machine, nothing).get("skew_ms"),
            "jitter_ms": clocks.get(machine.machine, nothing).get("jitter_ms"),
        }
        for machine in factory.machines.values()
    ]
    totals = {
        "items": sum(row["items"] for row in machines),
        "files_waiting": not_done,
        "quarantined": sum(quarantined.values()),
        **{
            f"stock_{name}": sum(one[state] for one in declared.values() for state in states)
            for name, states in STOCK.items()
        },
    }
    settings = factory.settings
    configured = [*settings.landing.folders, *(one.name for one in settings.source)]
    sources = [
        {"source": name, "files": files, "last_file": last_file}
        for name in dict.fromkeys([*configured, *came])
        for files, last_file in [came.get(name, (0, None))]
    ]
    return {"machines": machines, "sources": sources, "totals": {name: plain(value) for name, value in totals.items()}}


def _by_source(connection: Any) -> dict[str, tuple[int, Any]]:
    """Source -> how many files came from it, and when the last was taken."""
    query = select(arrival.c.source, func.count(), func.max(arrival.c.received_at)).group_by(arrival.c.source)
    return {
        name: (files, plain(last)) for name, files, last in connection.execute(query.where(arrival.c.redecode == "no"))
    }


def _by_machine(connection: Any, condition: Any) -> Any:
    return connection.execute(
        select(machine_hour.c.machine, func.count()).where(condition).group_by(machine_hour.c.machine)
    ).all()
