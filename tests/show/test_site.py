"""What every page has in common."""

from datetime import timedelta

import factory as small
import pytest

from aponta.show.site import all_pages

NOON = small.START + timedelta(hours=2, minutes=10)


@pytest.fixture
def client(tmp_path, browse):
    return browse(small.make(tmp_path), NOON)


def test_a_page_is_any_module_in_the_folder():
    assert [page.name for page in all_pages()][0] == "panel"
    assert len({page.path for page in all_pages()}) == len(all_pages())


def test_what_a_page_shows_the_api_gives(client):
    told = client.get("/api/openapi.json").json()
    for page in all_pages():
        path = page.api.replace(":path", "")  # a name with a slash in it, documented as any other
        assert path in told["paths"], page.name
        answer = told["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert answer, page.name  # its fields are described


def test_a_strict_policy_on_every_answer(client):
    for path in ("/", "/api/panel", "/static/aponta.css", "/nowhere"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy, path
        assert client.get(path).headers["x-content-type-options"] == "nosniff"


def test_a_host_of_somebody_else_is_refused(client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 421
    assert client.get("/", headers={"host": "localhost:8000"}).status_code == 200
    assert client.get("/", headers={"host": "[::1]:8000"}).status_code == 200


def test_what_did_not_change_is_not_sent_again(client):
    first = client.get("/")
    again = client.get("/", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304 and again.content == b""
