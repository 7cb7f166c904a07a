"""Requests to an API: signed in where it asks for that, each answer with its meaning, no secret in an error."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from aponta.config.rest_file import DocumentApi, Request, names_in
from aponta.errors import TransientError
from aponta.ship.destinations.http import HttpClient
from aponta.ship.destinations.rest import template
from aponta.ship.destinations.rest.answer import ApiAnswer, Meaning, meaning_of, value_at

_SHOWN = 400  # characters of an error
_SIGNED_OUT = 401
_REFUSED = (_SIGNED_OUT, 403)


class Session:
    """`values`: what [stock.rest.values] gives. `secrets`: the values among them that no error may show."""

    def __init__(
        self, destination: str, url: str, api: DocumentApi, values: Mapping[str, str], secrets: frozenset[str]
    ) -> None:
        self.api = api
        self._http = HttpClient(destination, url)
        self._values = values
        self._secrets = secrets
        self._token: str | None = None
        self._signed_in = api.login is None

    def ask(self, request: Request, facts: Mapping[str, Any]) -> tuple[Meaning, ApiAnswer]:
        """The answer and its meaning. Raises TransientError when no answer came; its subclass SignInRefused when the
        API does not let us in.
        """
        fresh = not self._signed_in
        if fresh:
            self._sign_in()
        answer = self._send(request, facts)
        if answer.status == _SIGNED_OUT and self.api.login and not fresh:  # the session ended: it was not carried out
            self._sign_in()
            answer = self._send(request, facts)
        meaning = meaning_of(answer, request.means)
        if meaning == "unknown" and answer.status in _REFUSED:
            raise SignInRefused(self._http.destination, self._http.place, self.words(answer))
        return meaning, answer

    def words(self, answer: ApiAnswer) -> str:
        """The error in the system's own words, cut: it may be a whole page."""
        return self._redacted(answer.words(self.api.words))[:_SHOWN]

    def unsure(self, why: str) -> TransientError:
        """An error to raise: the API answered, and the outcome is not known."""
        return TransientError("ship.unsure", destination=self._http.destination, why=self._redacted(why))

    def _sign_in(self) -> None:
        login = self.api.login
        assert login is not None
        self._signed_in, self._token = False, None
        answer = self._send(login, {})
        if 400 <= answer.status < 500 or (meaning := meaning_of(answer, login.means)) == "never":
            raise SignInRefused(self._http.destination, self._http.place, self.words(answer))
        token = value_at(answer.body, login.token) if login.token is not None else None
        if meaning != "done" or (login.token is not None and not token):
            raise self.unsure(self.words(answer))
        if token:
            self._token = str(token)
            self._secrets |= {self._token}
        self._signed_in = True

    def _send(self, request: Request, facts: Mapping[str, Any]) -> ApiAnswer:
        known = {**self._values, **facts}
        method, _, path = request.request.partition(" ")
        headers = {
            name: template.fill_text(value, {**known, "token": self._token})
            for name, value in self.api.headers.items()
            if self._token or "token" not in names_in(value)  # to sign in there is none yet
        }
        body = None if request.body is None else template.fill_body(request.body, known)
        if request.form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(body or {}).encode()
        try:
            return ApiAnswer(*self._http.ask(method, template.fill_path(path, known), body=body, headers=headers))
        except TransientError as error:
            facts = {name: self._redacted(str(fact)) for name, fact in error.facts.items()}
            raise TransientError(error.code, **facts) from None

    def _redacted(self, text: str) -> str:
        """The text without secrets: some systems repeat the request in an error."""
        for secret in filter(None, self._secrets):
            for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe=""), quote_plus(secret)):
                text = text.replace(form, "***")
        return text


class SignInRefused(TransientError):
    """The API does not let us in. In the middle of posting this is temporary, as a server that is off; before posting,
    a person must correct it.
    """

    def __init__(self, destination: str, place: str, why: str) -> None:
        super().__init__("ship.unreachable", destination=destination, place=place, why=why)
