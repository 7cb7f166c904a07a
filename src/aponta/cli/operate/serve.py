"""aponta serve, aponta up: serves the pages, alone or together with passes."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aponta.cli.operate.watch import run_passes
from aponta.cli.page_context import context_on
from aponta.cli.passes import log_of, upgrade_reporter
from aponta.cli.terminal import output
from aponta.cli.terminal.listen import listen
from aponta.cli.terminal.options import Folder, load_factory
from aponta.contract.clock import system_clock
from aponta.errors import ApontaError, ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from aponta.config import Factory
    from aponta.contract.clock import Clock
    from aponta.show.access.guard import Address

Host = Annotated[str | None, typer.Option(help="Address to listen on; default serve.host.")]
Port = Annotated[int | None, typer.Option(help="Port; default serve.port.", min=0, max=65535)]
Now = Annotated[datetime | None, typer.Option(help="Show the factory as it was then.", hidden=True)]


def add_to(app: typer.Typer) -> None:
    for command in (serve, up):
        app.command()(command)


def serve(folder: Folder = ".", host: Host = None, port: Port = None, now: Now = None) -> None:  # type: ignore[assignment]
    """Show the panel and the other pages, until Ctrl-C.

    Pages follow the facts by themselves. Passes are another process's: `aponta watch`, or both in one: `aponta up`.
    """
    factory = load_factory(folder)
    with _address_of(factory, host) as (engine, address):
        sockets = listen(address.host, factory.settings.serve.port if port is None else port)
        _serve(
            factory, folder, engine, address, sockets, now, None if now else f"aponta watch -C {_shell_path(folder)}"
        )


def up(folder: Folder = ".", host: Host = None, port: Port = None) -> None:  # type: ignore[assignment]
    """Take files as they come and show the pages: watch and serve in one.

    \b
    aponta up            # then open http://127.0.0.1:8000
    """
    factory = load_factory(folder)
    watch_and_serve(factory, folder, factory.settings.serve.port if port is None else port, host=host)


def watch_and_serve(
    factory: "Factory",
    folder: Path,
    *ports: int,
    host: str | None = None,
    on_open: Callable[[str], None] = lambda url: None,
) -> None:
    """Watches and serves until it is stopped, at the first of the ports that is free. on_open: gets the address.

    Raises ConfigError `cli.nobody_may_enter`, `cli.port_taken`, `cli.cannot_listen`; then no file was taken either.
    """
    from aponta.ops.log import run_id
    from aponta.pipeline.upgrade import upgrade_database_of

    log = log_of(factory)
    upgrade_database_of(factory, system_clock, upgrade_reporter(factory, log, run_id(system_clock())))
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(folder, ended), name="watch")
    with _address_of(factory, host) as (engine, address):
        sockets = listen(address.host, *ports)
        watcher.start()
        try:
            _serve(factory, folder, engine, address, sockets, None, f"aponta up -C {_shell_path(folder)}", on_open)
        finally:
            ended.set()
            watcher.join()


def check_serving(factory: "Factory") -> None:
    """Raises the error with which `serve` would fail at the configured address."""
    with _address_of(factory, None) as (_, address):
        for server in listen(address.host, factory.settings.serve.port):
            server.close()


def _watch(folder: Path, ended: threading.Event) -> None:
    """Runs in a thread. If it fails, the pages go on, and show it."""
    try:
        run_passes(folder, None, ended)
    except ApontaError as error:
        output.print_error(error)


@contextmanager
def _address_of(factory: "Factory", host: str | None) -> Iterator[tuple["Engine", "Address"]]:
    """Yields the operational database and the address of the pages: other computers reach them only once somebody has a
    password. Raises ConfigError `cli.nobody_may_enter`.
    """
    from aponta.ops.database import connected, transaction
    from aponta.show.access import users
    from aponta.show.access.guard import Address

    settings = factory.settings.serve
    address = Address(host or settings.host, settings.names, settings.proxy)
    with connected(factory.ops_url) as engine:
        if not address.is_local:
            with transaction(engine, reading=True) as connection:
                if not users.users(connection, system_clock()):
                    raise ConfigError("cli.nobody_may_enter", host=address.host)
        yield engine, address


def _serve(
    factory: "Factory",
    folder: Path,
    engine: "Engine",
    address: "Address",
    sockets: list[socket.socket],
    now: datetime | None,
    restart: str | None,
    on_open: Callable[[str], None] = lambda url: None,
) -> None:
    import uvicorn

    from aponta.config import ConfigWatcher
    from aponta.show.site import site

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            """As uvicorn's, but a signal to stop is no failure."""
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self.handle_exit)
            yield

    read, clock = ConfigWatcher(folder, factory), _clock(factory, now)
    config = uvicorn.Config(
        site(context_on(engine, read, clock), address, restart, lambda: server.should_exit),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=address.proxy,
        forwarded_allow_ips=["127.0.0.1", "::1"],
        timeout_graceful_shutdown=2,
        lifespan="off",
    )
    server = Server(config)
    url = f"http://{_public_host(address)}:{sockets[0].getsockname()[1]}"
    output.message("cli.serving", url=url)
    on_open(url)  # it listens already: a request made now waits a little and is answered
    server.run(sockets)
    output.message("cli.stopped")


def _public_host(address: "Address") -> str:
    """The host that people type: a configured name; for `0.0.0.0`, the address of this computer in its network."""
    host = address.names[0] if address.names and not address.is_local else address.host
    if host in ("0.0.0.0", "::"):
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # sends nothing, and nobody is there
            host = probe.getsockname()[0]
    return f"[{host}]" if ":" in host else host


def _shell_path(folder: Path) -> str:
    """The path as a shell takes it, from any folder."""
    path = str(folder.resolve())
    return f'"{path}"' if " " in path else path


def _clock(factory: "Factory", now: datetime | None) -> "Clock":
    if now is None:
        return system_clock
    fixed = now if now.tzinfo else now.replace(tzinfo=factory.zone)
    return lambda: fixed
