"""The guard before every request: it refuses some, and adds headers to every answer.

A page of the internet must not read the factory's pages through a browser inside (DNS rebinding: only known hosts are
answered), nor change anything there (only aponta's own forms may), nor show them in a frame. Requests from beyond this
computer are answered only after signing in. `contract.policy` decides which tables a signed-in user reads.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from anyio.to_thread import run_sync
from sqlalchemy import Engine
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aponta.contract.clock import Clock
from aponta.errors import ApontaError, ConfigError
from aponta.show.access import users

OWN_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
PUBLIC_PATHS = ("/login", "/health")
UPLOAD_PATH = "/api/files"  # POST is for machines: a token names the sender, and no browser has one
STATIC = "/static/"
SAFE = ("GET", "HEAD", "OPTIONS")
COOKIE = "session"
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TRUSTED_HEADERS = {"Cross-Origin-Opener-Policy": "same-origin"}  # browsers warn about it over plain HTTP


@dataclass(frozen=True)
class Address:
    """The pages' address: the address to listen on, further names of this computer, and whether a proxy is in front."""

    host: str = "127.0.0.1"
    names: tuple[str, ...] = ()
    proxy: bool = False

    @property
    def is_local(self) -> bool:
        """Only this computer reaches the pages: nobody has to sign in."""
        return _is_own(self.host) and not self.proxy

    def allows(self, host: str, arrived_at: str) -> bool:
        """Is the request meant for these pages? host: of the request, without port. arrived_at: the address of this
        computer at which it arrived.
        """
        if host in OWN_HOSTS:
            return True
        own = arrived_at if _is_any(self.host) else self.host
        return host in {name.lower() for name in (own, *(() if self.is_local else self.names))}


class Guard:
    """refuse: renders an error as the page or JSON that answers the request."""

    def __init__(
        self,
        app: ASGIApp,
        address: Address,
        engine: Engine,
        clock: Clock,
        refuse: Callable[[Request, ApontaError], Awaitable[Response]],
    ) -> None:
        self.app, self.address, self.engine, self.clock, self.refuse = app, address, engine, clock, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                trusted = self.address.is_local or scope["scheme"] == "https"
                for name, value in (HEADERS | (TRUSTED_HEADERS if trusted else {})).items():
                    headers[name] = value
                if not scope["path"].startswith(STATIC):
                    headers.setdefault("Cache-Control", "no-cache" if self.address.is_local else "private, no-cache")
            await send(message)

        request = Request(scope, receive)
        scope["user"] = None
        try:
            refusal = await self._refusal(request)
        except ApontaError as error:  # the database of users does not respond
            refusal = await self.refuse(request, error)
        await (refusal or self.app)(scope, receive, answer)

    async def _refusal(self, request: Request) -> Response | None:
        """The answer that refuses the request; None: it is let in, and `request.scope["user"]` is the user's name."""
        hosts = request.headers.getlist("host")
        host = _host_of(hosts[0]) if len(hosts) == 1 else ""
        if not self.address.allows(host, (request.scope.get("server") or ("",))[0]):
            return await self.refuse(request, ConfigError("show.unknown_host", host=host[:200]))
        if request.method == "POST" and request.scope["path"] == UPLOAD_PATH:
            return None
        if request.method not in SAFE and not same_origin(request.headers):
            return await self.refuse(request, ConfigError("show.other_origin"))
        if self.address.is_local:
            return None
        token = request.cookies.get(COOKIE)
        if token:
            request.scope["user"] = await run_sync(users.signed_in_user, self.engine, token, self.clock())
        path: str = request.scope["path"]  # not request.url, which is built from the host that was sent
        if request.scope["user"] or path in PUBLIC_PATHS or path.startswith(STATIC):
            return None
        if wants_json(path):
            return await self.refuse(request, ConfigError("show.not_signed_in"))
        query = request.scope["query_string"].decode("latin-1")
        wanted = quote(path) + (f"?{query}" if query else "") if request.method in SAFE else "/"
        return RedirectResponse(f"/login?next={quote(wanted)}", 303)


def wants_json(path: str) -> bool:
    """Programs read this address: errors are answered as JSON, never as a page."""
    return path.startswith("/api/") and path != "/api/docs" or path in ("/events", "/metrics", "/health")


def same_origin(headers: Headers) -> bool:
    """Does the request come from one of these pages? Browsers send it in Sec-Fetch-Site or, without TLS, in Origin."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(headers.get("origin", "")).netloc.lower() == headers["host"].lower()


def local_path(wanted: str) -> str:
    """The page to go to after signing in: a path of these pages, never another site."""
    plain = all("!" <= char <= "~" for char in wanted) and "\\" not in wanted
    return wanted if plain and wanted.startswith("/") and not wanted.startswith("//") else "/"


def _host_of(header: str) -> str:
    """The host of a Host header, without its port and the brackets of IPv6."""
    host, _, port = header.rpartition(":")
    return (host if host and port.isdigit() else header).strip("[]").lower()


def _is_own(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_any(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
