"""Where the pages are reached: had before anything begins that would have to be ended again without it."""

import errno
import socket
from contextlib import ExitStack

from aponta.errors import ConfigError

NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def listen(host: str, *ports: int) -> list[socket.socket]:
    """At every address of the host, at the first of the ports that is free; 0 is any free one.

    Raises ConfigError `cli.port_taken`, `cli.cannot_listen`.
    """
    for port in ports:
        try:
            return _listen(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                told = error.strerror or str(error)
                raise ConfigError("cli.cannot_listen", host=host, port=str(port), reason=told) from error
    raise ConfigError("cli.port_taken", host=host, port=str(ports[-1]), other=str(ports[-1] % 65535 + 1))


def _listen(host: str, port: int) -> list[socket.socket]:
    """`localhost` is two addresses, and a computer may have but one of them."""
    found: list[socket.socket] = []
    with ExitStack() as opened:
        missing = None
        for family, _, _, _, address in dict.fromkeys(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)):
            port = found[0].getsockname()[1] if found else port
            try:
                one = socket.create_server((address[0], port, *address[2:]), family=family)
            except OSError as error:
                if error.errno not in NOT_HERE:
                    raise
                missing = error
            else:
                found.append(opened.enter_context(one))
        if missing and not found:
            raise missing
        opened.pop_all()
    return found
