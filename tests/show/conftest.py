"""Passwords are hashed as little as can be: that they are is what is tried here, not that it takes long."""

from functools import partial

import pytest
from argon2 import PasswordHasher

from aponta.show import access


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch):
    monkeypatch.setattr(access, "PasswordHasher", partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1))
    access._nobodys.cache_clear()
    yield
    access._nobodys.cache_clear()
