"""A file is dropped, and the page that somebody looks at shows it; nothing is lost by a server that was restarted."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

import factory as small
from browser import free_port, opened, up

SETTINGS = small.SETTINGS.replace("stable_seconds = 0", "stable_seconds = 0\npoll_seconds = 0.2")


SOON = 20_000  # ms, on a busy computer


def todays(made, pieces):
    """A file of M01 with so many pieces in the last full hour."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    after = int((hour - small.START).total_seconds() // 3600)
    return small.name("M01", after), small.text("M01", small.steady(after, pieces))


@pytest.mark.slow
def test_a_dropped_file_comes_to_the_open_page(tmp_path):
    made = small.make(tmp_path, aponta=SETTINGS)
    port = free_port()
    with opened() as page:
        good = page.locator("li.card", has_text="M01").locator(".kpi dd").nth(1)
        with up(tmp_path, port) as url:
            page.goto(url)
            expect(page.locator("#live")).to_have_text("ao vivo")
            expect(good).to_have_text("0")
            small.deliver(made, *todays(made, 7))
            expect(good).to_have_text("7", timeout=SOON)
        assert not page.said
        expect(page.locator("#live.off")).to_be_visible(timeout=SOON)  # the server is gone, and the page says so
        with up(tmp_path, port):
            expect(page.locator("#live:not(.off)")).to_be_visible(timeout=SOON)
            small.deliver(made, *todays(made, 9))
            expect(good).to_have_text("9", timeout=SOON)
