"""Who is answered: as an attacker would try it."""

import factory as small
import pytest
from pages import LAN, browser, opened

from aponta.show.access.guard import CONTENT_POLICY, Address, local_path

THROUGH = ((None,), (LAN,), (Address(proxy=True), None, "https"))


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    factory = small.make(tmp_path_factory.mktemp("shop"))
    small.deliver(factory, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.run(factory)
    with opened(factory) as context:
        yield context


@pytest.fixture(scope="module")
def here(context):
    return browser(context)


@pytest.fixture(scope="module")
def beyond(context):
    return browser(context, LAN)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "evil.example:8000",
        "",
        "localhost.",
        "panel.example",
        "192.0.2.7",
        "localhost/login?",
    ],
)
def test_another_host_is_not_answered(here, host):
    """A name of the internet that was pointed at this computer (DNS rebinding) reads nothing of the factory."""
    for path in ("/", "/api/panel", "/events", "/metrics", "/health", "/static/aponta.css"):
        answer = here.get(path, headers={"Host": host})
        assert answer.status_code == 421
        assert "Test" not in answer.text and "aponta.toml" in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:8000", "[::1]", "[::1]:8000", "127.0.0.1:1"])
def test_this_computers_own_names_are(here, host):
    assert here.get("/", headers={"Host": host}).status_code == 200


def test_two_hosts_at_once_are_none(here):
    assert here.get("/", headers=[("Host", "127.0.0.1"), ("Host", "evil.example")]).status_code == 421


def test_at_every_address_the_one_that_was_reached_is_answered():
    everywhere = Address("0.0.0.0", names=("Panel.example",))
    assert everywhere.allows("192.0.2.9", arrived_at="192.0.2.9")
    assert everywhere.allows("panel.example", arrived_at="192.0.2.9") and everywhere.allows("localhost", "192.0.2.9")
    assert not everywhere.allows("evil.example", "192.0.2.9") and not everywhere.allows("192.0.2.8", "192.0.2.9")
    assert not everywhere.allows("0.0.0.0", "192.0.2.9")


@pytest.mark.parametrize(
    ("address", "open"),
    [
        (Address(), True),
        (Address("localhost"), True),
        (Address("::1"), True),
        (Address("127.0.0.5"), True),
        (Address("127.0.0.1", proxy=True), False),
        (Address("0.0.0.0"), False),
        (Address("::"), False),
        (Address("192.168.0.4"), False),
        (Address("panel.example"), False),
        (Address("127.0.0.1.example"), False),
        (Address(""), False),
    ],
)
def test_only_this_computer_alone_is_an_open_door(address, open):
    assert address.is_local is open


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/panel",
        "/api/docs",
        "/api/openapi.json",
        "/events",
        "/metrics",
        "/nope",
        "/api/nope",
        "/healthx",
        "/login/",
        "/static",
    ],
)
def test_from_beyond_nobody_is_answered_who_has_not_signed_in(beyond, path):
    for cookie in (b"", b"session=", b"session=" + b"x" * 43, b"session=\xe9\x00", b"session='; drop table session --"):
        answer = beyond.get(path, headers={b"Cookie": cookie})
        programs = path.startswith(("/api/", "/events", "/metrics")) and path != "/api/docs"
        assert answer.status_code == (401 if programs else 303), path
        assert "M01" not in answer.text
        if programs:
            assert answer.json()["error"] == "show.not_signed_in"
        else:
            assert answer.headers["location"] == f"/login?next={path}"


def test_a_path_that_only_looks_like_one_for_anyone_is_none(beyond):
    for path in (
        "/static/../api/panel",
        "/static/%2e%2e/api/panel",
        "//login",
        "/login/../",
        "/static/..%2f..%2fsite.py",
    ):
        answer = beyond.get(path)
        assert answer.status_code in (303, 401, 404) and "M01" not in answer.text, path


def test_where_one_wanted_to_go_is_kept(beyond):
    assert beyond.get("/?day=2026-03-02&x=%C3%A9").headers["location"] == (
        "/login?next=/%3Fday%3D2026-03-02%26x%3D%25C3%25A9"
    )


def test_health_gives_strangers_no_details(here, beyond):
    assert beyond.get("/health").json().keys() == {"status"}
    assert "checks" in here.get("/health").json()


def test_the_sign_in_page_shows_nothing_of_the_factorys_pages(context):
    shown = browser(context, LAN, restart="aponta up -C secret").get("/login")
    assert shown.status_code == 200 and shown.headers["content-type"].startswith("text/html")
    assert not [part for part in ("M01", "/api/docs", "/events", "<nav", "watcher", "secret") if part in shown.text]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:9"}, 403),
        ({"Origin": "http://127.0.0.1.evil.example"}, 403),
        ({"Origin": "http://127.0.0.1@evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 405),
        ({"Origin": "http://127.0.0.1"}, 405),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_only_a_page_of_our_own_may_change_something(here, method, headers, status):
    """405: it was let in, and the panel takes no such thing."""
    assert here.request(method, "/", headers=headers).status_code == status


def test_every_answer_forbids_frames_and_foreign_scripts(context, here, beyond):
    for there in (here, beyond):
        for path in ("/", "/login", "/nope", "/api/nope", "/health", "/static/aponta.css"):
            headers = there.get(path).headers
            assert headers["content-security-policy"] == CONTENT_POLICY and "frame-ancestors 'none'" in CONTENT_POLICY
            assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"
    policies = [
        browser(context, *through).get("/login").headers.get("cross-origin-opener-policy") for through in THROUGH
    ]
    assert policies == ["same-origin", None, "same-origin"], "without TLS a browser only complains of it"


def test_what_needs_a_password_is_kept_by_nobody_between(beyond):
    assert beyond.get("/login").headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("wanted", ["/", "/?day=2026-03-02", "/machines/M%2001?day=x#top"])
def test_a_path_of_ours_is_gone_to(wanted):
    assert local_path(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "http://evil.example",
        "evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "/\x00/evil",
        "/é",
        "https:evil.example",
        "/\r\nSet-Cookie: a=b",
    ],
)
def test_an_address_of_others_is_not(wanted):
    assert local_path(wanted) == "/"
