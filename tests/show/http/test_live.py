"""A file is dropped, and the page that somebody looks at shows it; nothing is lost by a server that was restarted, or
by a network that was gone.
"""

import socket
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import factory as small
import pytest
from browser import free_port, opened, up
from playwright.sync_api import expect

pytestmark = pytest.mark.slow
SETTINGS = small.SETTINGS.replace("stable_seconds = 0", "stable_seconds = 0\npoll_seconds = 0.2")


SOON = 20_000  # ms, on a busy computer


@pytest.fixture
def made(tmp_path):
    return small.make(tmp_path, aponta=SETTINGS)


def good_of(page):
    return page.locator("li.card", has_text="M01").locator(".kpi dd").nth(1)


def todays(made, pieces):
    """A file of M01 with so many pieces in the last full hour."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    after = int((hour - small.START).total_seconds() // 3600)
    return small.name("M01", after), small.text("M01", small.steady(after, pieces))


class Network:
    """What lies between a browser and the server: cut, nothing gets through and nobody is told."""

    def __init__(self, port):
        self.server, self.cut = port, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.kept = []  # or Python closes them
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                self.kept.append(near)
                if self.cut.is_set():
                    continue
                far = socket.create_connection(("127.0.0.1", self.server))
                self.kept.append(far)
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one, other):
        with suppress(OSError):
            while data := one.recv(65536):
                if self.cut.is_set():
                    return
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)


@contextmanager
def network(port):
    between = Network(port)
    try:
        yield between
    finally:
        between.listener.close()


def test_a_dropped_file_is_on_the_open_page_before_the_page_would_look_by_itself(made):
    with opened() as page, up(made.folder, free_port()) as url:
        page.goto(url)
        expect(page.locator("#live")).to_have_text("ao vivo")
        expect(good_of(page)).to_have_text("0")
        for pieces in (7, 8, 9):
            small.deliver(made, *todays(made, pieces))
            expect(good_of(page)).to_have_text(str(pieces), timeout=SOON)
        assert not page.said


def test_the_first_file_of_a_machine_brings_its_charts_to_the_open_page(made):
    """Another structure of the page: parts come in that were not there."""
    with opened() as page, up(made.folder, free_port()) as url:
        page.goto(f"{url}/machines/M01")
        expect(page.locator("#live")).to_have_text("ao vivo")
        expect(page.locator(".plot svg")).to_have_count(0)
        page.evaluate("window.told = 0; document.addEventListener('facts', () => { window.told += 1; })")
        small.deliver(made, *todays(made, 7))
        expect(page.locator("#files")).to_be_visible(timeout=SOON)
        page.wait_for_function("window.told >= 1", timeout=10_000)  # not at the look of each minute
        expect(page.locator(".plot svg").first).to_be_visible(timeout=2 * SOON)  # what draws is made at the first look
        assert not page.said


def test_what_a_restarted_server_knows_comes_to_the_open_page(made):
    port = free_port()
    with opened() as page:
        with up(made.folder, port) as url:
            page.goto(url)
            expect(page.locator("#live")).to_have_text("ao vivo")
        expect(page.locator("#live.off")).to_be_visible(timeout=SOON)  # the server is gone, and the page says so
        small.deliver(made, *todays(made, 7))
        small.run(made, datetime.now(UTC))  # while nobody is told
        with up(made.folder, port):
            expect(page.locator("#live:not(.off)")).to_be_visible(timeout=SOON)
            expect(good_of(page)).to_have_text("7", timeout=SOON)
            small.deliver(made, *todays(made, 9))
            expect(good_of(page)).to_have_text("9", timeout=SOON)


def test_a_network_that_is_gone_is_noticed_and_nothing_of_it_is_missed(made):
    """Wi-Fi that is lost closes no connection: only silence tells."""
    port = free_port()
    with opened() as page, up(made.folder, port) as url, network(port) as between:
        page.goto(url.replace(str(port), str(between.port)))
        expect(page.locator("#live")).to_have_text("ao vivo")
        between.cut.set()
        small.deliver(made, *todays(made, 7))
        expect(page.locator("#live.off")).to_be_visible(timeout=60_000)
        between.cut.clear()
        expect(page.locator("#live:not(.off)")).to_be_visible(timeout=SOON)
        expect(good_of(page)).to_have_text("7", timeout=SOON)
