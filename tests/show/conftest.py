"""The pages of a factory, asked as a browser asks, on this computer."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import partial

import factory as small
import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from jinja2 import Environment, FileSystemBytecodeCache
from pages import page_context_of

from aponta.config import Factory
from aponta.ops.database import connect
from aponta.show import site as sites
from aponta.show.access import users

Browse = Callable[..., TestClient]


@pytest.fixture
def browse() -> Iterator[Browse]:
    """browse(factory, now) -> a client of its pages at that time."""
    with ExitStack() as open_ones:

        def of(factory: Factory, now: datetime = small.WEEK_LATER) -> TestClient:
            engine = connect(factory.ops_url)
            open_ones.callback(engine.dispose)
            pages = sites.site(page_context_of(factory, engine, lambda: now))
            return open_ones.enter_context(TestClient(pages, base_url="http://127.0.0.1"))

        yield of


@pytest.fixture(scope="session", autouse=True)
def quick_templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Templates are compiled once, not for each of the hundreds of sites that are tried here."""
    kept = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sites, "Environment", partial(Environment, bytecode_cache=kept))
        yield


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Passwords are hashed as little as can be: that they are is what is tried here, not that it takes long."""
    monkeypatch.setattr(users, "PasswordHasher", partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1))
    users._unknown_user_hash.cache_clear()
    yield
    users._unknown_user_hash.cache_clear()
