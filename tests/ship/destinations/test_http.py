"""Asking over HTTP, of a real server on this computer."""

import ssl
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread

import pytest

from aponta.errors import TransientError
from aponta.ship.destinations import http
from aponta.ship.destinations.http import HttpClient


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    connections, asked = 0, []

    def setup(self):
        super().setup()
        type(self).connections += 1

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append((self.path, body, self.headers.get("X-Key")))
        if self.path == "/slow":
            time.sleep(1)
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


@contextmanager
def served(context=None):
    answers = type("Answers", (Answers,), {"asked": [], "connections": 0})
    server = ThreadingHTTPServer(("127.0.0.1", 0), answers)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # of whoever hangs up
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield answers, f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def server():
    with served() as found:
        yield found


def test_a_connection_is_kept_until_it_is_idle(server, monkeypatch):
    answers, place = server
    asking = HttpClient("main", f"http://{place}/api")
    for _ in range(3):
        assert asking.ask("POST", "/x", body={"é": 1}, headers={"X-Key": "k"}) == (200, b"ok")
    assert answers.asked == [("/api/x", '{"é":1}'.encode(), "k")] * 3
    assert answers.connections == 1
    monkeypatch.setattr(http, "IDLE_S", 0)
    asking.ask("POST", "/x")
    assert answers.connections == 2
    asking.close()


def test_a_redirection_is_an_answer(server):
    answers, place = server
    asking = HttpClient("main", f"http://{place}")
    assert asking.ask("POST", "/moved")[0] == 302
    assert [path for path, *_ in answers.asked] == ["/moved"]
    asking.close()


def test_no_answer_is_reported_with_its_place_and_reason(server):
    answers, place = server
    for base, path, why in ((f"http://{place}", "/slow", "timed out"), ("http://127.0.0.1:9", "/", "refused")):
        with pytest.raises(TransientError) as raised:
            HttpClient("main", base, timeout_s=0.2).ask("POST", path, headers={"Authorization": "s3cret"})
        assert raised.value.code == "ship.unreachable" and raised.value.facts["place"] == base
        assert why in str(raised.value.facts["why"]) and "s3cret" not in str(raised.value)
    assert len(answers.asked) == 1, "it is not asked twice"


def test_a_certificate_that_nobody_vouches_for(tmp_path):
    with served(_self_signed(tmp_path)) as (answers, place), pytest.raises(TransientError, match="self-signed"):
        HttpClient("main", f"https://{place}").ask("POST", "/x")
    assert answers.asked == []


def _self_signed(folder):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    both = key.private_bytes(encoding, form, plain) + certificate.public_bytes(encoding)
    (folder / "server.pem").write_bytes(both)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context
