"""aponta serve, aponta up: the pages, alone or beside the passes."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aponta.cli import output
from aponta.cli.options import Folder, factory

if TYPE_CHECKING:
    from aponta.config import Factory
    from aponta.contract.clock import Clock

Host = Annotated[str | None, typer.Option(help="Address to listen on; default serve.host.")]
Port = Annotated[int | None, typer.Option(help="Port; default serve.port.", min=0, max=65535)]
Now = Annotated[datetime | None, typer.Option(help="Show the factory as it stood then.", hidden=True)]


def add_to(app: typer.Typer) -> None:
    for command in (serve, up):
        app.command()(command)


def serve(folder: Folder = ".", host: Host = None, port: Port = None, now: Now = None) -> None:  # type: ignore[assignment]
    """Show the panel and the other pages, until Ctrl-C.

    Pages follow the facts by themselves. Passes are another process's: `aponta watch`, or both in one: `aponta up`.
    """
    found = factory(folder)
    _serve(found, folder, host, port, now)


def up(folder: Folder = ".", host: Host = None, port: Port = None) -> None:  # type: ignore[assignment]
    """Take files as they come and show the pages: watch and serve in one.

    \b
    aponta up            # then open http://127.0.0.1:8000
    """
    from aponta.cli.watch import passes

    found = factory(folder)
    ended = threading.Event()
    beside = threading.Thread(target=passes, args=(folder, None, ended), name="watch")
    beside.start()
    try:
        _serve(found, folder, host, port, None)
    finally:
        ended.set()
        beside.join()


def _serve(found: "Factory", folder: Path, host: str | None, port: int | None, now: datetime | None) -> None:
    import uvicorn

    from aponta.ops.database import connect
    from aponta.pipeline.board import Board
    from aponta.pipeline.reading import Published
    from aponta.pipeline.stockroom import Stockroom
    from aponta.show.desk import Desk
    from aponta.show.site import site

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            """As uvicorn's, but to be told to stop is no failure."""
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self.handle_exit)
            yield

    settings = found.settings.serve
    engine = connect(found.ops_url)
    try:
        read, clock = _read_again(folder, found), _clock(found, now)
        stock, hours = Stockroom(read, engine, clock), Board(engine, read, clock)
        desk = Desk(read, engine, Published(found), clock, stock, hours)
        config = uvicorn.Config(
            site(desk, ending=lambda: server.should_exit),
            host=host or settings.host,
            port=settings.port if port is None else port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
            lifespan="off",
        )
        server = Server(config)
        output.say("cli.serving", url=f"http://{config.host}:{config.port}")
        server.run()
    finally:
        engine.dispose()
    output.say("cli.stopped")


def _clock(found: "Factory", now: datetime | None) -> "Clock":
    from aponta.contract.clock import system_clock

    if now is None:
        return system_clock
    fixed = now if now.tzinfo else now.replace(tzinfo=found.zone)
    return lambda: fixed


def _read_again(folder: Path, found: "Factory") -> Any:
    """The configuration as its files say now; read again only when one of them was written."""
    from aponta.config import load

    known: dict[str, Any] = {"factory": found, "written": _written(folder)}

    def read() -> "Factory":
        written = _written(folder)
        if written != known["written"]:
            known.update(factory=load(folder), written=written)
        return known["factory"]  # type: ignore[no-any-return]

    return read


def _written(folder: Path) -> tuple[int, ...]:
    names = [*folder.glob("*.toml"), *folder.glob("*.csv"), *folder.glob("layouts/*.toml")]
    return tuple(path.stat().st_mtime_ns for path in sorted(names))
