"""What runs long reads its configuration again once it was changed, and never while it is being written."""

import pytest

from aponta.config import Latest, load
from aponta.config.watcher import REST_S
from aponta.errors import ConfigError


class Seconds:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def latest(folder, seconds):
    return Latest(folder, load(folder), seconds)


def rested(latest, seconds):
    latest.moving()  # seen
    seconds.now += REST_S
    return latest()


def test_it_is_read_once(latest, seconds):
    assert latest() is rested(latest, seconds)
    assert not latest.moving()


def test_what_is_being_written_is_not_read(latest, folder, seconds):
    calendar = folder / "calendar.toml"
    whole = calendar.read_text()
    before = latest()
    calendar.write_text("")  # as an editor leaves it between two moments: readable, and without a shift
    assert latest.moving() and latest() is before
    seconds.now += REST_S / 2
    calendar.write_text(whole.replace("07:00", "06:00"))
    assert latest.moving() and latest() is before
    seconds.now += REST_S / 2
    assert latest.moving() and latest() is before
    seconds.now += REST_S / 2
    assert not latest.moving()
    assert [shift.start for shift in latest().calendar.shift] == ["06:00"]


@pytest.mark.parametrize("name", ["machines.csv", "products.csv", "ideal_cycles.csv", "layouts/press_v1.toml"])
def test_a_change_of_any_file_is_read(latest, folder, seconds, name):
    before = latest()
    path = folder / name
    path.write_text(path.read_text() + "\n")
    assert rested(latest, seconds) is not before


def test_a_file_more_or_less_is_a_change(latest, folder, seconds):
    (folder / "ideal_cycles.csv").unlink()
    assert rested(latest, seconds).ideal_cycles == ()


def test_a_mistake_is_told_until_it_is_mended(latest, folder, seconds):
    calendar = folder / "calendar.toml"
    whole = calendar.read_text()
    calendar.write_text("[[shift")
    for _ in range(2):
        with pytest.raises(ConfigError):
            rested(latest, seconds)
    calendar.write_text(whole)
    assert rested(latest, seconds).calendar.shift
