"""What runs long reads its configuration again once it was changed, and never while it is being written."""

import pytest

from aponta.config import ConfigWatcher, load
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
def watcher(folder, seconds):
    return ConfigWatcher(folder, load(folder), seconds)


def rested(watcher, seconds):
    watcher.changing()  # seen
    seconds.now += REST_S
    return watcher()


def test_it_is_read_once(watcher, seconds):
    assert watcher() is rested(watcher, seconds)
    assert not watcher.changing()


def test_a_file_being_written_is_not_read(watcher, folder, seconds):
    calendar = folder / "calendar.toml"
    whole = calendar.read_text()
    before = watcher()
    calendar.write_text("")  # as an editor leaves it between two moments: readable, and without a shift
    assert watcher.changing() and watcher() is before
    seconds.now += REST_S / 2
    calendar.write_text(whole.replace("07:00", "06:00"))
    assert watcher.changing() and watcher() is before
    seconds.now += REST_S / 2
    assert watcher.changing() and watcher() is before
    seconds.now += REST_S / 2
    assert not watcher.changing()
    assert [shift.start for shift in watcher().calendar.shift] == ["06:00"]


@pytest.mark.parametrize("name", ["machines.csv", "products.csv", "ideal_cycles.csv", "layouts/press_v1.toml"])
def test_a_change_of_any_file_is_read(watcher, folder, seconds, name):
    before = watcher()
    path = folder / name
    path.write_text(path.read_text() + "\n")
    assert rested(watcher, seconds) is not before


def test_a_file_more_or_less_is_a_change(watcher, folder, seconds):
    (folder / "ideal_cycles.csv").unlink()
    assert rested(watcher, seconds).ideal_cycles == ()


def test_a_mistake_is_told_until_it_is_mended(watcher, folder, seconds):
    calendar = folder / "calendar.toml"
    whole = calendar.read_text()
    calendar.write_text("[[shift")
    for _ in range(2):
        with pytest.raises(ConfigError):
            rested(watcher, seconds)
    calendar.write_text(whole)
    assert rested(watcher, seconds).calendar.shift
