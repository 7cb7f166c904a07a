"""HTTP requests to a stock system: one connection, time-outs, the system's certificates, no second attempt.

The caller decides what to do when no answer came: the request may have been carried out all the same.
"""

import ssl
import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ReadTimeoutError

from aponta.errors import TransientError

CONNECT_S = 5.0
IDLE_S = 1.5  # servers close idle connections, some after 2 s: a request that meets that would be lost


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
        """Returns the status, whichever it is, and the body. Sends `body` as JSON, bytes unchanged. Sends cookies
        back; follows no redirection.

        Raises TransientError `ship.unreachable`: the outcome of the request is not known.
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
            self._store_cookies(answer.headers.getlist("Set-Cookie"))
            return answer.status, answer.data
        except (HTTPError, OSError) as error:
            self.close()
            raise TransientError(
                "ship.unreachable", destination=self.destination, place=self.place, why=_why(error)
            ) from error
        finally:
            self._asked_at = time.monotonic()

    def close(self) -> None:
        """Closes the connection; the next request opens another."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _cookie(self) -> dict[str, str]:
        header = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {"Cookie": header} if header else {}

    def _store_cookies(self, headers: Sequence[str]) -> None:
        """One server and one user: neither path nor expiry of a cookie matters."""
        for cookie in headers:
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
    """The network's own words; the library's are about its objects."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return "timed out"
    return str(error.args[0] if error.args else error)
