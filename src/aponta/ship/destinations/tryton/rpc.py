"""Tryton by JSON-RPC: one session while it lasts; every call is a transaction of its own."""

import base64
import json
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

from aponta.errors import ConfigError, TransientError
from aponta.ship.destinations.http import HttpClient

_LONGEST = 500  # characters of an error: some have the whole definition of a field


class Refusal(Exception):
    """Tryton refused a call, in words for people; nothing of the call was done."""

    @property
    def words(self) -> str:
        return str(self.args[0])


class Rpc:
    """`url`: scheme://user:password@server/database. Raises ConfigError where it is invalid.

    Its calls raise Refusal, TransientError, or ConfigError where nobody can sign in.
    """

    def __init__(self, destination: str, url: str) -> None:
        self.destination = destination
        try:
            parts = urlsplit(url)
            above, _, database = parts.path.rstrip("/").rpartition("/")
            user, password = parts.username, parts.password
            valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # a port that is no number
            valid = False
        if not (valid and database and user and password is not None):
            raise ConfigError("ship.no_tryton_url", destination=destination)  # it may hold a password
        server = parts.netloc.rpartition("@")[2]
        self.http = HttpClient(destination, f"{parts.scheme}://{server}{above}")
        self._database, self._user, self._password = database, unquote(user), unquote(password)
        self._session: str | None = None
        self._preferences: dict[str, Any] = {}

    @property
    def company(self) -> int | None:
        """The id of the user's company."""
        self._sign_in()
        return self._preferences.get("company")

    def call(self, model: str, method: str, *params: Any, **context: Any) -> Any:
        """Calls a method of a model. `context` (such as `language`) is added to the user's own.

        Returns numbers with a fraction as Decimal, decimals and dates as such.
        """
        self._sign_in()
        request = partial(self._model, f"model.{model}.{method}", *params, **context)
        try:
            return request()
        except _NotSignedIn:  # the session ended before the call did anything
            self._session = None
            self._sign_in()
            return request()

    def search_read(
        self,
        model: str,
        domain: list[Any],
        fields: list[str],
        offset: int = 0,
        limit: int | None = None,
        order: tuple[str, str] = ("id", "ASC"),
        **context: Any,
    ) -> list[dict[str, Any]]:
        """The records of a domain, by `order`. A field `a.b` comes as {"a.": {"b": ...}}, or a list of these."""
        records: list[dict[str, Any]] = self.call(
            model, "search_read", domain, offset, limit, [list(order)], fields, **context
        )
        return records

    def _model(self, method: str, *params: Any, **context: Any) -> Any:
        return self._ask(method, *params, {**self._preferences, **context})

    def _sign_in(self) -> None:
        if self._session is not None:
            return
        try:
            user, token, *_ = self._ask("common.db.login", self._user, {"password": self._password})
        except (_NotSignedIn, Refusal) as error:  # the latter: Tryton asks for more than a password
            facts = {"destination": self.destination, "place": self.http.place, "user": self._user}
            raise ConfigError("ship.no_sign_in", **facts) from error
        session = f"{self._user}:{user}:{token}"
        self._session = base64.b64encode(session.encode()).decode()
        preferences = self._ask("model.res.user.get_preferences", True, {})
        # The rest is about how numbers are shown to people.
        self._preferences = {name: preferences[name] for name in preferences if name not in ("locale", "views")}

    def _ask(self, method: str, *params: Any) -> Any:
        # Tryton calls long answers compressed even where it may not compress them.
        headers = {"Accept-Encoding": "gzip"}
        if self._session:
            headers["Authorization"] = f"Session {self._session}"
        body = {"id": 1, "method": method, "params": [_to_json(each) for each in params]}
        status, answer = self.http.ask("POST", f"/{self._database}/rpc/", body=body, headers=headers)
        if status == 401:
            raise _NotSignedIn
        if status == 404:
            facts = {"destination": self.destination, "place": self.http.place, "database": self._database}
            raise ConfigError("ship.no_tryton", **facts)
        if status == 429:
            raise self._transient("ship.unreachable", "too many attempts to sign in", place=self.http.place)
        try:
            reply = json.loads(answer, parse_float=Decimal, object_hook=_from_json) if status == 200 else None
        except ValueError:
            reply = None
        if not isinstance(reply, dict):
            raise self._transient("ship.unsure", f"HTTP {status}")
        if reply.get("error"):
            kind, words = (*reply["error"], "")[:2]
            if kind in ("UserError", "UserWarning", "LoginException"):
                raise Refusal(_one_line(words, named=kind == "UserWarning"))
            raise self._transient("ship.unsure", str(kind).strip().partition("\n")[0][:_LONGEST])
        return reply.get("result")

    def _transient(self, code: str, why: str, **facts: object) -> TransientError:
        return TransientError(code, destination=self.destination, **facts, why=why)


class _NotSignedIn(Exception):
    pass


def _one_line(words: Any, *, named: bool) -> str:
    """The message for people and its explanation. A warning has a name before them."""
    parts = list(words) if isinstance(words, list) else [words]
    texts = [part for part in parts[named : named + 2] if isinstance(part, str) and part.strip()]
    return " ".join(" ".join(texts).split())[:_LONGEST]


def _to_json(value: Any) -> Any:
    """The value as Tryton has it in JSON."""
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": f"{value:f}"}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    if isinstance(value, dict):
        return {name: _to_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(each) for each in value]
    return value


def _from_json(value: dict[str, Any]) -> Any:
    kind = value.get("__class__")
    if kind == "Decimal":
        return Decimal(value["decimal"])
    if kind == "date":
        return date(value["year"], value["month"], value["day"])
    return value
