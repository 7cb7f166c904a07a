"""Asking a stock system over HTTP: one connection that is kept, time-outs, the system's certificates, no second try.

Whoever asks decides what to do when no answer came: the request may have been carried out all the same.
"""

import ssl
import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ReadTimeoutError

from aponta.errors import TransientError

CONNECT_S = 5.0
IDLE_S = 1.5  # servers close what is idle, some after 2 s: a request that meets it halfway would be lost


class HttpClient:
    """`base`: scheme, server and port, maybe a path, and no secret. Not for several threads at once."""

    def __init__(self, destination: str, base: str, timeout_s: float = 30) -> None:
        parts = urlsplit(base)
        self.destination, self.place = destination, f"{parts.scheme}://{parts.netloc}"
        self._prefix = parts.path.rstrip("/")
        self._timeout = urllib3.Timeout(connect=min(CONNECT_S, timeout_s), read=timeout_s)
        self._certificates = ssl.create_default_context() if parts.scheme == "https" else None
        self._pool: urllib3.HTTPConnectionPool | None = None
        self._asked_at = 0.0
        self._cookies: dict[str, str] = {}

    def ask(
        self, method: str, path: str, *, body: object | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """The status, whichever it is, and the body. What is sent goes as JSON, bytes as they are. Cookies are kept;
        redirections are not followed.

        Raises TransientError `ship.unreachable`: nothing is known of what became of the request.
        """
        try:
            answer = self._connected().request(
                method,
                self._prefix + path,
                **({"body": body} if isinstance(body, bytes) else {"json": body}),
                headers={"Accept": "application/json", **self._cookie(), **(headers or {})},
                timeout=self._timeout,
                retries=False,
                redirect=False,
            )
            self._keep(answer.headers.getlist("Set-Cookie"))
            return answer.status, answer.data
        except (HTTPError, OSError) as error:
            self.close()
            raise TransientError(
                "ship.unreachable", destination=self.destination, place=self.place, why=_why(error)
            ) from error
        finally:
            self._asked_at = time.monotonic()

    def close(self) -> None:
        """The next question opens a connection of its own."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _cookie(self) -> dict[str, str]:
        kept = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {"Cookie": kept} if kept else {}

    def _keep(self, told: Sequence[str]) -> None:
        """Those of a session: it is one server and one user, so neither path nor end is looked at."""
        for cookie in told:
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name.strip()] = value.strip()

    def _connected(self) -> urllib3.HTTPConnectionPool:
        if time.monotonic() - self._asked_at > IDLE_S:
            self.close()
        if self._pool is None:
            secure = {"ssl_context": self._certificates} if self._certificates else {}
            self._pool = urllib3.connection_from_url(self.place, **secure)
        return self._pool


def _why(error: BaseException) -> str:
    """In the network's own words; the library's speak of its objects."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLCertVerificationError):
            return found.verify_message
        if isinstance(found, OSError) and found.strerror:
            return found.strerror
        found = found.__cause__ or found.__context__
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return "timed out"
    return str(error.args[0] if error.args else error)
