"""/metrics: the state of the service in Prometheus' text format 0.0.4. Metrics that cannot be read now are left out."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import func, select

from aponta import __version__
from aponta.contract.stock.control import DeclarationState
from aponta.errors import ApontaError
from aponta.ops.database import transaction
from aponta.ops.memory import resident_bytes
from aponta.ops.stock_tables import outbox
from aponta.ops.tables import arrival
from aponta.show.context import PageContext
from aponta.show.monitor.health import health_checks
from aponta.show.monitor.traffic import Traffic
from aponta.show.monitor.watcher import Watcher

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STATES = get_args(DeclarationState)
WAITING = ("prepared", "sent", "unknown")
ESCAPED = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


@dataclass(frozen=True)
class MetricFamily:
    """name: with its unit, and _total for a counter. samples: (labels, value)."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    samples: Sequence[tuple[dict[str, str], float]]


def router(context: PageContext, watcher: Watcher, traffic: Traffic) -> APIRouter:
    """`/metrics`, in Prometheus' text format."""
    routes = APIRouter(tags=["monitoring"])

    @routes.get("/metrics", summary="Status for Prometheus.", response_class=Response)
    def metrics() -> Response:
        families = [*_own(traffic), *_watch(watcher), *_health(context, watcher)]
        for read in (_lake, _stock):
            with suppress(ApontaError):
                families += read(context)
        return Response(exposition(families), headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE)

    return routes


def exposition(families: list[MetricFamily]) -> str:
    """Prometheus' text: for each name its meaning, then its samples."""
    return "".join(line for family in families if family.samples for line in _lines(family))


def _lines(family: MetricFamily) -> Iterator[str]:
    yield f"# HELP aponta_{family.name} {family.help}\n# TYPE aponta_{family.name} {family.kind}\n"
    for labels, value in family.samples:
        pairs = ",".join(f'{name}="{text.translate(ESCAPED)}"' for name, text in labels.items())
        yield f"aponta_{family.name}{f'{{{pairs}}}' if pairs else ''} {float(value):.15g}\n"


def _gauge(name: str, help: str, value: float | None) -> MetricFamily:
    return MetricFamily(name, "gauge", help, [] if value is None else [({}, value)])


def _own(traffic: Traffic) -> Iterator[MetricFamily]:
    yield MetricFamily("info", "gauge", "Always 1; the version that answers.", [({"version": __version__}, 1)])
    requests = [({"page": page, "status": str(code)}, n) for (page, code), n in sorted(traffic.requests.copy().items())]
    yield MetricFamily("page_requests_total", "counter", "Requests answered, by page.", requests)
    seconds = [({"page": page}, spent) for page, spent in sorted(traffic.seconds.copy().items())]
    yield MetricFamily("page_seconds_total", "counter", "Time spent answering, by page.", seconds)
    memory = resident_bytes()
    yield _gauge("process_resident_memory_bytes", "Memory of the process that shows the pages.", memory)


def _watch(watcher: Watcher) -> Iterator[MetricFamily]:
    beat, now = watcher.beat(), watcher.clock()
    yield _gauge("watcher_up", "1: files are being taken.", watcher.status().up)
    if beat:
        yield _gauge("watcher_beat_age_seconds", "Since the watcher's last sign of life.", _age(beat.looked_at, now))
    if beat and beat.last_pass:
        yield _gauge("last_pass_seconds", "Duration of the last pass that had work.", beat.last_pass.seconds)
        yield _gauge("last_pass_files", "Files of the last pass that had work.", beat.last_pass.files)
        yield _gauge("last_pass_age_seconds", "Since the last pass that had work.", _age(beat.last_pass.at, now))


def _health(context: PageContext, watcher: Watcher) -> Iterator[MetricFamily]:
    checks = health_checks(context, watcher)
    healthy = [({"check": name}, good) for name, (good, _) in checks.items()]
    yield MetricFamily("healthy", "gauge", "1: well, as /health reports it.", healthy)
    yield _gauge("disk_free_bytes", "Free on the disk of the factory folder.", checks["disk"][1]["free_bytes"])


def _lake(context: PageContext) -> Iterator[MetricFamily]:
    files = context.rows(
        "SELECT status, count(*) AS files, sum(records)::BIGINT AS record, sum(quarantined)::BIGINT AS quarantined, "
        "sum(skipped)::BIGINT AS skipped FROM silver.files GROUP BY status ORDER BY status"
    )
    by_status = [({"status": row["status"]}, row["files"]) for row in files]
    yield MetricFamily("files_total", "counter", "Files received, by what they were.", by_status)
    outcomes = [({"outcome": name}, sum(row[name] for row in files)) for name in ("record", "quarantined", "skipped")]
    yield MetricFamily("rows_total", "counter", "Rows read from files, by what became of them.", outcomes)
    items = context.rows("SELECT coalesce(sum(items), 0)::BIGINT AS n FROM silver.hours")[0]["n"]
    yield _gauge("items", "Items known, each once.", items)
    refused = context.rows(
        "SELECT coalesce(machine, '') AS machine, count(*) AS n FROM silver.quarantine WHERE status = 'open' "
        "GROUP BY ALL"
    )
    counted = dict.fromkeys(context.factory.machines, 0) | {row["machine"]: row["n"] for row in refused}
    by_machine = [({"machine": name}, n) for name, n in sorted(counted.items())]
    yield MetricFamily("quarantined_open", "gauge", "Rows and files in quarantine, by machine.", by_machine)


def _stock(context: PageContext) -> Iterator[MetricFamily]:
    with transaction(context.engine, reading=True) as connection:
        waiting = connection.execute(
            select(func.count()).select_from(arrival).where(arrival.c.status.is_(None))
        ).scalar_one()
        counts = connection.execute(
            select(outbox.c.destination, outbox.c.state, func.count()).group_by(outbox.c.destination, outbox.c.state)
        ).all()
        oldest = connection.execute(
            select(outbox.c.destination, func.min(outbox.c.created_at))
            .where(outbox.c.state.in_(WAITING))
            .group_by(outbox.c.destination)
        ).all()
    known = {(destination, state): n for destination, state, n in counts}
    since = {row[0]: row[1] for row in oldest}
    names = sorted({*(one.name for one in context.factory.settings.stock), *(name for name, _ in known)})
    yield _gauge("files_waiting", "Files received and not worked on yet.", waiting)
    states = [
        ({"destination": name, "state": state}, float(known.get((name, state), 0)))
        for name in names
        for state in STATES
    ]
    yield MetricFamily("stock_declarations", "gauge", "Declarations to stock, by state.", states)
    now = context.clock()
    ages = [({"destination": name}, _age(since[name], now) if name in since else 0.0) for name in names]
    yield MetricFamily(
        "stock_oldest_waiting_seconds", "gauge", "Waiting time of the oldest declaration; 0: none waits.", ages
    )


def _age(when: datetime, now: datetime) -> float:
    return max(0.0, (now - when.astimezone(UTC)).total_seconds())
