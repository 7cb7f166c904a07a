"""Signing in through a browser, and what an attacker tries there."""

import json

import factory as small
import pytest
from pages import LAN, RESTART, browser, opened

from aponta.errors import TransientError
from aponta.ops.database import transaction
from aponta.show.access import login, users
from aponta.show.access.guard import Address

PASSWORD = "uma frase bem longa"
OURS = {"Origin": "http://192.0.2.7"}


@pytest.fixture
def context(tmp_path):
    with opened(small.make(tmp_path)) as context:
        with transaction(context.engine) as connection:
            users.add_user(connection, "ana", users.hash_password(PASSWORD), context.clock())
        yield context


def sign_in(there, name="ana", password=PASSWORD, **fields):
    return there.post("/login", data={"name": name, "password": password, **fields}, headers=OURS)


def log(context):
    path = context.factory.data / "logs" / "aponta.log"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def test_signed_in_one_is_answered_until_one_signs_out(context):
    there = browser(context, LAN, RESTART)
    answer = sign_in(there, next="/?day=2026-03-02")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?day=2026-03-02")
    shown = there.get("/")
    assert shown.status_code == 200 and 'action="/logout"' in shown.text and RESTART in shown.text
    assert there.get("/api/panel").status_code == there.get("/metrics").status_code == 200
    assert "checks" in there.get("/health").json()
    token = there.cookies["session"]
    answer = there.post("/logout", headers=OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert there.get("/").status_code == 303
    there.cookies.set("session", token)
    assert there.get("/").status_code == 303, "the token is worth nothing, not only forgotten by the browser"


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(context, scheme, secure):
    there = browser(context, Address("127.0.0.1", proxy=True), scheme=scheme)
    answer = there.post("/login", data={"name": "ana", "password": PASSWORD}, headers={"Sec-Fetch-Site": "same-origin"})
    value, *flags = answer.headers["set-cookie"].split("; ")
    flags = {flag.lower() for flag in flags}
    assert {"httponly", "samesite=lax", "path=/", "max-age=2592000"} <= flags
    assert ("secure" in flags) is secure
    assert not any(flag.startswith("domain") for flag in flags)
    assert len(value) > 50


def test_a_token_that_was_there_before_never_becomes_valid(context):
    """Session fixation: somebody else put a cookie into the browser, of their own session or a made-up one."""
    strangers = browser(context, LAN)
    sign_in(strangers)
    planted = strangers.cookies["session"]
    for cookie in (planted, "x" * 43):
        there = browser(context, LAN)
        there.cookies.set("session", cookie, domain="192.0.2.7")
        answer = sign_in(there)
        given = answer.headers["set-cookie"].partition(";")[0].partition("=")[2]
        assert given not in (planted, cookie)
        assert users.signed_in_user(context.engine, cookie, context.clock()) is None
        assert users.signed_in_user(context.engine, given, context.clock()) == "ana"


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"])
def test_one_is_not_sent_on_to_others(context, wanted):
    there = browser(context, LAN)
    assert "evil" not in there.get("/login", params={"next": wanted}).text
    assert sign_in(there, next=wanted).headers["location"] == "/"


def test_a_form_of_another_site_signs_nobody_in_or_out(context):
    there = browser(context, LAN)
    assert (
        there.post(
            "/login", data={"name": "ana", "password": PASSWORD}, headers={"Origin": "http://evil.example"}
        ).status_code
        == 403
    )
    assert sign_in(there).status_code == 303
    assert there.post("/logout", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert there.get("/").status_code == 200


def test_who_tries_passwords_has_to_wait(context):
    there = browser(context, LAN)
    answers = [sign_in(there, password=f"wrong password {number}") for number in range(8)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 3
    assert answers[-1].headers["retry-after"] == "900" and "15 minutos" in answers[-1].text
    assert sign_in(there).status_code == 429, "the right one too: else trying would go on"
    assert [sign_in(there, name=f"user{number}").status_code for number in range(20)].count(429) == 5


def test_a_wrong_name_looks_as_a_wrong_password(context):
    answers = [sign_in(browser(context, LAN), name, "wrong password") for name in ("ana", "bia")]
    shown = [answer.text.replace('value="bia"', 'value="ana"') for answer in answers]
    assert shown[0] == shown[1] and [answer.status_code for answer in answers] == [401, 401]
    assert "Nome ou senha incorretos" in shown[0]


def test_no_password_is_ever_logged_or_shown(context):
    there = browser(context, LAN)
    typed = ("um segredo mal digitado", "segredo no lugar do nome")
    shown = sign_in(there, password=typed[0]).text + sign_in(there, name=typed[1]).text.replace(
        f'value="{typed[1]}"', ""
    )
    sign_in(there)
    entries = [json.loads(line) for line in log(context).splitlines()]
    assert [entry["message"] for entry in entries] == ["sign-in refused: wrong name or password"] * 2 + ["signed in"]
    assert entries[-1]["user"] == "ana" and entries[-1]["address"] == "testclient"
    for secret in (*typed, PASSWORD, there.cookies["session"], "argon2"):
        assert secret not in log(context) and secret not in shown


def test_no_secret_is_logged_when_the_database_fails(context, monkeypatch):
    def broken(engine, name, password, now):
        raise RuntimeError(f"postgresql://aponta:s3cret@db/ops?password=s3cret session=s3cret {name}")

    monkeypatch.setattr(login.users, "sign_in", broken)
    answer = sign_in(browser(context, LAN))
    assert answer.status_code == 500
    assert "RuntimeError" in log(context) and "s3cret" not in log(context) and PASSWORD not in log(context)


def test_a_database_that_does_not_answer_lets_nobody_in(context, monkeypatch):
    there = browser(context, LAN)
    sign_in(there)

    def gone(*given):
        raise TransientError("ops.unreachable", database="db", reason="gone")

    monkeypatch.setattr(users, "signed_in_user", gone)
    assert there.get("/").status_code == 503 and there.get("/api/panel").json()["error"] == "ops.unreachable"


@pytest.mark.parametrize(
    "body", [b"", b"name=ana", b"\xff\xfe=%ff", b"x" * 10_000, b"name=ana&password=" + b"x" * 5000]
)
def test_a_form_that_is_none_opens_nothing(context, body):
    assert browser(context, LAN).post("/login", content=body, headers=OURS).status_code == 401


def test_removing_a_user_ends_what_is_open(context):
    there = browser(context, LAN)
    sign_in(there)
    with transaction(context.engine) as connection:
        users.remove_user(connection, "ana")
    assert there.get("/").status_code == 303


def test_on_this_computer_alone_nobody_signs_in(context):
    assert browser(context).get("/login").status_code == 404


def test_markup_in_a_name_stays_text(context):
    assert (
        "<script>alert" not in sign_in(browser(context, LAN), name='"><script>alert(1)</script>', password="wrong").text
    )
