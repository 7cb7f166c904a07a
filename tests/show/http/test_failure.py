"""What cannot be answered is said calmly: as a page in both languages, as JSON to programs, and in the log."""

import json

import factory as small
import pytest
from pages import browser, opened

from aponta.show.monitor.traffic import Traffic
from aponta.show.pages import panel
from aponta.show.site import site

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def context(tmp_path):
    with opened(small.make(tmp_path)) as context:
        yield context


@pytest.mark.parametrize(
    ("path", "status", "english", "portuguese"),
    [
        ("/nope", 404, "There is no page /nope.", "Não existe a página /nope."),
        ("/static/nope.js", 404, "There is no page /static/nope.js.", "Não existe a página /static/nope.js."),
        ("/?day=yesterday", 422, "day = yesterday will not do", "day = yesterday não serve"),
        ("/?day=" + "9" * 500, 422, "9… will not do", "9… não serve"),
    ],
)
def test_a_wrong_address_is_a_page_of_ours(context, path, status, english, portuguese):
    there = browser(context)
    for language, sentence in (("en", english), ("pt-BR", portuguese)):
        there.cookies.set("language", language)
        answer = there.get(path)
        assert answer.status_code == status and sentence in answer.text
        assert f'<html lang="{language}">' in answer.text and "<nav" in answer.text


def test_programs_get_json(context):
    there = browser(context)
    there.cookies.set("language", "en")
    assert there.get("/api/nope").json() == {
        "error": "show.no_page",
        "what": "There is no page /api/nope.",
        "do": "The address may be old or mistyped. From the panel you get everywhere.",
    }
    answer = there.get("/api/panel?day=x")
    assert (answer.status_code, answer.json()["error"]) == (422, "show.bad_value")
    answer = there.post("/api/panel", headers={"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, answer.json()["error"]) == (405, "show.no_method")


@pytest.mark.parametrize(
    ("body", "kind", "status", "error", "what"),
    [
        ('{"machine":', "application/json", 400, "show.bad_request", "What was sent to /api/completeness/close cannot"),
        (
            '{"machine": "M01"}',
            "text/plain",
            400,
            "show.bad_request",
            "What was sent to /api/completeness/close cannot",
        ),
        ("[]", "application/json", 400, "show.bad_request", "What was sent to /api/completeness/close cannot"),
        ('{"machine": "M01"}', "application/json", 422, "show.bad_field", "In what was sent, why = - will not do"),
        ('{"machine": 7, "why": "x"}', "application/json", 422, "show.bad_field", "In what was sent, machine = 7 will"),
        ('{"machine": "M01", "why": "x", "hours": [7]}', "application/json", 422, "show.bad_field", "sent, hours = 7"),
    ],
)
def test_an_error_in_a_body_is_not_reported_as_one_of_the_address(context, body, kind, status, error, what):
    there = browser(context)
    there.cookies.set("language", "en")
    answer = there.post("/api/completeness/close", content=body, headers=SAME_SITE | {"Content-Type": kind})
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert what in answer.json()["what"] and "address" not in answer.text and "b'" not in answer.text


def test_an_error_in_a_form_is_not_reported_as_one_of_the_address(context):
    there = browser(context)
    there.cookies.set("language", "en")
    answer = there.post("/completeness/close", data={"machine": "M01", "why": "x", "day": "noon"}, headers=SAME_SITE)
    assert answer.status_code == 422 and "In what was sent, day = noon will not do" in answer.text


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_while_the_configuration_is_wrong_its_language_stays(tmp_path, language):
    made = small.make(tmp_path, aponta=small.SETTINGS.replace("[landing]", f'language = "{language}"\n[landing]'))
    with opened(made) as context, browser(context) as there:
        assert f'<html lang="{language}">' in there.get("/nope").text
        (made.folder / "aponta.toml").write_text("[factory\n", encoding="utf-8")
        assert f'<html lang="{language}">' in there.get("/").text


@pytest.mark.parametrize("path", ["/", "/health", "/api/panel", "/static/aponta.css", "/nope", "/api/docs", "/metrics"])
def test_head_is_answered_as_get_is_without_a_body(context, path):
    there = browser(context)
    asked, told = there.get(path), there.head(path)
    assert (told.status_code, told.content) == (asked.status_code, b"")
    assert told.headers["content-type"] == asked.headers["content-type"]
    assert told.headers["content-security-policy"] == asked.headers["content-security-policy"]
    assert there.head("/events").status_code == 405, "it never ends"
    counted = there.get("/metrics").text
    assert f'page="{path}"' in counted or path in ("/static/aponta.css", "/nope", "/metrics")


@pytest.fixture
def broken(context, monkeypatch):
    def load(context):
        raise ZeroDivisionError("secret of the house")

    page = panel.PAGE.__class__("panel", "/", load, place=1)
    monkeypatch.setattr(panel, "PAGE", page)
    return browser(context)


def test_a_mistake_of_ours_is_a_calm_page_that_names_its_entry_in_the_log(context, broken):
    for language, sentence in (("en", "because of a mistake in aponta"), ("pt-BR", "por um erro do próprio aponta")):
        broken.cookies.set("language", language)
        answer = broken.get("/?token=s3cret")
        assert answer.status_code == 500 and sentence in answer.text
        assert "ZeroDivisionError" not in answer.text and "secret of the house" not in answer.text
        entry = json.loads((context.factory.data / "logs" / "aponta.log").read_text(encoding="utf-8").splitlines()[-1])
        assert entry["run"] in answer.text
        assert entry["level"] == "error" and entry["message"] == "GET /" and "ZeroDivisionError" in entry["traceback"]
        assert "s3cret" not in json.dumps(entry)
        assert answer.headers["content-security-policy"]
    answer = broken.get("/api/panel")
    assert (answer.status_code, answer.json()["error"]) == (500, "show.broken")
    assert broken.get("/health").status_code == 200, "the others go on"


def test_markup_in_an_address_stays_text(context):
    for path in ("/<script>alert(1)</script>", "/?day=<script>alert(1)</script>"):
        assert "<script>alert" not in browser(context).get(path).text


def test_requests_are_counted_by_the_declared_path_alone():
    """Anybody may ask for anything: that makes no new names."""
    traffic = Traffic()
    traffic.count("/", 200, 0.25)
    traffic.count("/", 200, 0.5)
    traffic.count("/events", 200, None)
    assert traffic.requests == {("/", 200): 2, ("/events", 200): 1} and traffic.seconds == {"/": 0.75}


def test_the_log_is_the_factorys(context):
    site(context)
    assert not (context.factory.data / "logs").exists(), "nothing happened, nothing is written"
