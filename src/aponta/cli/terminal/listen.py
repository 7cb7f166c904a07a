"""Opens the sockets of the pages first of all: without them nothing else has to start."""

import errno
import socket
from contextlib import ExitStack

from aponta.errors import ConfigError

NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def listen(host: str, *ports: int) -> list[socket.socket]:
    """Listens at every address of the host, at the first of the ports that is free; 0 is any free port.

    Raises ConfigError `cli.port_taken`, `cli.cannot_listen`.
    """
    for port in ports:
        try:
            return _listen(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                reason = error.strerror or str(error)
                raise ConfigError("cli.cannot_listen", host=host, port=str(port), reason=reason) from error
    raise ConfigError("cli.port_taken", host=host, port=str(ports[-1]), other=str(ports[-1] % 65535 + 1))


def _listen(host: str, port: int) -> list[socket.socket]:
    """`localhost` is two addresses, and a computer may have only one of them."""
    sockets: list[socket.socket] = []
    with ExitStack() as on_error:
        missing = None
        for family, _, _, _, address in dict.fromkeys(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)):
            port = sockets[0].getsockname()[1] if sockets else port
            try:
                server = socket.create_server((address[0], port, *address[2:]), family=family)
            except OSError as error:
                if error.errno not in NO_SUCH_ADDRESS:
                    raise
                missing = error
            else:
                sockets.append(on_error.enter_context(server))
        if missing and not sockets:
            raise missing
        on_error.pop_all()
    return sockets
