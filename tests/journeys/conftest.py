"""A factory in the midst of a shift, its pages served to who has signed in, and one browser to look at them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import plant
import pytest
from browser import chromium, free_port, launched, up
from pages import Clock, page_context_of

from aponta.config import Factory, load
from aponta.ops.database import connect, transaction
from aponta.show.access import users

NAME, PASSWORD = "ana", "correct horse battery staple"


@pytest.fixture(scope="session")
def factory(tmp_path_factory: pytest.TempPathFactory) -> Factory:
    """Five machines, every fault of the lab, a product that stock does not know, an hour that a person closed."""
    chromium()
    folder: Path = tmp_path_factory.mktemp("journeys")
    plant.make(folder, machines=5, items_per_hour=120, seed=7)
    products, settings = folder / "products.csv", folder / "aponta.toml"
    rows = products.read_text("utf-8").splitlines(keepends=True)
    products.write_text("".join(row for row in rows if not row.startswith("POT-01-PP,")), "utf-8")
    settings.write_text(settings.read_text("utf-8") + "\n[serve]\nproxy = true\n", "utf-8")
    made = load(folder)
    plant.work(made)
    engine = connect(made.ops_url)
    try:
        with transaction(engine) as connection:
            users.add_user(connection, NAME, users.hash_password(PASSWORD), plant.NOW)
        context = page_context_of(made, engine, Clock(plant.NOW))
        day = plant.NOW.date()
        (missing, *_) = (row for row in context.completeness.hours(day, day) if row.status == "missing")
        context.completeness.close(missing.machine, [missing.hour], "no orders", NAME)
    finally:
        engine.dispose()
    return made


@pytest.fixture(scope="session")
def url(factory: Factory) -> Iterator[str]:
    """Where its pages are, as they stood at plant.NOW."""
    now = f"{plant.NOW.astimezone(factory.zone):%Y-%m-%dT%H:%M:%S}"
    with up(factory.folder, free_port(), "serve", "--now", now) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One for all of a module's journeys: another module's tests may run a loop of their own."""
    with launched() as one:
        yield one


@pytest.fixture(scope="module")
def signed_in(browser: Any, url: str) -> list[dict[str, Any]]:
    """The cookies of who has signed in on the page that asks for it."""
    page = browser.new_page()
    page.goto(url)
    page.locator("#name").fill(NAME)
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
    cookies: list[dict[str, Any]] = page.context.cookies()
    page.context.close()
    return cookies
