"""A small shop: an operational database, a stock database, two products (one in boxes of 12), four machines."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import lambda_server
import pytest
from sqlalchemy import Engine, select

from aponta.config.sections.stock import Locations, StockSection
from aponta.contract.stock.control import Decision, DecisionAction
from aponta.contract.stock.sink import Sink
from aponta.ops.database import connect, transaction
from aponta.ops.stock_tables import outbox
from aponta.ship.destinations import open_destination
from aponta.ship.drain import DrainResult, drain
from aponta.ship.outbox.decision import apply_decision
from aponta.ship.outbox.destination import Destination, StockRole
from aponta.ship.outbox.prepare import Fact, prepare_declarations

ZONE = ZoneInfo("America/Sao_Paulo")
HOUR = datetime(2026, 3, 2, 10, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
Pieces = dict[tuple[str, str, int, str], int]  # machine, product, hours after HOUR, quality


@dataclass(frozen=True)
class Item:
    stock_code: str
    unit: str = "pc"
    pieces_per_unit: Decimal | int = 1


@dataclass
class Shop:
    engine: Engine
    destination: StockSection
    sink: Sink
    machines: dict[str, StockRole] = field(
        default_factory=lambda: {"M1": "finished", "M2": "finished", "W": "intermediate", "N": "none"}
    )
    products: dict[str, Item] = field(default_factory=lambda: {"P": Item("SKU-P"), "B": Item("SKU-B", "box", 12)})

    def prepare(self, pieces: Pieces, hours: range = range(4), machines: str = "M1 M2 W N") -> int:
        touched = [(machine, HOUR + timedelta(hours=at)) for machine in machines.split() for at in hours]
        facts = [
            Fact(machine, product, HOUR + timedelta(hours=at), quality, count)
            for (machine, product, at, quality), count in pieces.items()
        ]
        with transaction(self.engine) as connection:
            return prepare_declarations(connection, self.target(), touched, facts, NOW).declarations

    def target(self, zone: tzinfo = ZONE) -> Destination:
        return Destination(self.destination, "SP1", zone, self.machines, self.products)

    def decide(self, action: DecisionAction, *keys: str) -> int:
        with transaction(self.engine) as connection:
            return apply_decision(connection, keys, self.products, Decision(action, "ana", "because", NOW))

    def drain(self, through: Sink | None = None, batch: int = 500) -> DrainResult:
        return drain(self.engine, self.destination, through or self.sink, lambda: NOW, batch=batch)

    def on_hand(self) -> dict[tuple[str, str], Decimal]:
        return {(code, location): quantity for code, location, quantity in self.sink.on_hand()}

    def outbox_rows(self, *columns: str) -> list[tuple[object, ...]]:
        """These columns of the outbox, in order of key."""
        query = select(*(outbox.c[name] for name in columns)).order_by(outbox.c.key)
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]


OpenShop = Callable[..., Shop]


@pytest.fixture
def open_shop() -> Iterator[OpenShop]:
    """(operational database's URL, stock system's URL, keys of its section that are others) -> Shop."""
    engines: list[Engine] = []

    def opened(ops_url: str, stock_url: str, **others: object) -> Shop:
        engine = connect(ops_url)
        engines.append(engine)
        locations = Locations(finished="finished", scrap="scrap", intermediate="wip")
        usual = {"name": "main", "kind": "sql", "url": stock_url, "start": HOUR, "locations": locations}
        destination = StockSection.model_validate(usual | others)
        return Shop(engine, destination, open_destination(destination, stock_url, Path()))

    yield opened
    for engine in engines:
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def stock_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return (
        f"sqlite:///{tmp_path}/stock.db" if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    )


@pytest.fixture
def shop(open_shop: OpenShop, stock_url: str, tmp_path: Path) -> Shop:
    """Both databases on SQLite, or both on PostgreSQL."""
    return open_shop(f"sqlite:///{tmp_path}/ops.db" if stock_url.startswith("sqlite") else stock_url, stock_url)


@pytest.fixture(scope="session")
def lambda_erp() -> Iterator[lambda_server.Server]:
    """A real server, alone, ended with the tests."""
    if not lambda_server.PYTHON.is_file():
        pytest.skip("no Lambda ERP on this computer: `make test` installs it")
    with tempfile.TemporaryDirectory(prefix="aponta-lambda-") as folder, lambda_server.served(Path(folder)) as server:
        yield server
