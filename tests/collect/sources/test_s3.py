"""Buckets of S3, on a real server."""

import os
from datetime import UTC, datetime

import obstore
import pytest
from intake import Intake
from s3 import READER_ID, READER_SECRET
from stages import S3Stage

from aponta.collect import polling
from aponta.collect.sources import s3
from aponta.errors import ConfigError, TransientError

PAGES = 2_500


@pytest.fixture
def stage(s3_server, tmp_path):
    import factory as small

    (tmp_path / "shop").mkdir()
    return S3Stage(small.make(tmp_path / "shop"), s3_server)


def codes(result):
    return [error.code for error in result.unreachable]


def test_all_pages_are_listed(stage):
    for number in range(PAGES):
        obstore.put(stage.store, f"in/{number:04d}.txt", b"")
    assert len(list(stage.source().list())) == PAGES


def test_a_prefix_is_a_folder_not_the_beginning_of_a_name(stage):
    stage.put("M01.txt", b"rows")
    obstore.put(stage.store, "inside/M02.txt", b"rows")
    obstore.put(stage.store, "M03.txt", b"rows")
    assert [one.path for one in stage.source().list()] == ["M01.txt"]
    whole = stage.source(url=f"s3://{stage.bucket}")
    assert sorted(one.path for one in whole.list()) == ["M03.txt", "in/M01.txt", "inside/M02.txt"]
    deeper = stage.source(url=f"s3://{stage.bucket}/in/")
    assert [one.path for one in deeper.list()] == ["M01.txt"]


def test_a_late_object_with_an_old_name_is_found(plant, stage):
    stage.put("M01_20260302_09.txt", b"nine")
    assert plant.collect(stage.source()).taken == 1
    stage.put("M01_20260302_07.txt", b"seven")
    assert plant.collect(stage.source()).taken == 1


def test_the_tag_tells_a_change_of_the_same_size_in_the_same_second(plant, stage):
    stage.put("M01.txt", b"one")
    assert plant.collect(stage.source()).taken == 1
    stage.put("M01.txt", b"two")
    assert plant.collect(stage.source()).taken == 1
    assert [plant.raw.read(row["sha256"]) for row in plant.arrivals()] == [b"one", b"two"]


def test_nobody_waits_for_an_object_to_be_finished(plant, stage):
    stage.put("M01.txt", b"rows")
    result = plant.collect(stage.source(), stable_seconds=86_400, wait=False)
    assert (result.taken, result.young) == (1, 0)
    (row,) = plant.arrivals()
    assert abs((datetime.now(UTC) - row["modified_at"]).total_seconds()) < 60


def test_a_copy_that_was_made_before_a_kill_is_not_made_again(stage):
    stage.put("M01.txt", b"rows")
    source = stage.source("move")
    (listed,) = source.list()
    source._copy(listed)
    source.release(listed)
    assert stage.files() == {"taken/M01.txt": b"rows"}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"url": "s3://no-such-bucket"}, "NoSuchBucket"),
        ({"access_key_id": "env:OTHER"}, "403"),
        ({"secret_access_key": "env:OTHER"}, "403"),
        ({"endpoint": "http://127.0.0.1:9"}, "Connection refused"),
    ],
)
def test_an_unreachable_source_gives_a_reason_and_the_others_go_on(plant, stage, monkeypatch, keys, expected):
    monkeypatch.setenv("OTHER", "wr0ng")
    monkeypatch.setattr(s3, "TRIES", 0)
    plant.put("N01.txt")
    result = plant.collect(stage.source(**keys), plant.source)
    assert (codes(result), result.taken) == (["collect.unreachable_source"], 1)
    message = str(result.unreachable[0])
    assert expected in message and "source=staged" in message and "wr0ng" not in message and "<" not in message


def test_without_keys_the_environment_has_them(stage, monkeypatch):
    stage.put("M01.txt", b"rows")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "wrong")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    unset = {"access_key_id": None, "secret_access_key": None}
    with pytest.raises(TransientError):
        list(stage.source(**unset).list())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "aponta-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t-k3y")
    assert len(list(stage.source(**unset).list())) == 1


def test_a_secret_that_is_not_there_is_told_by_its_place(stage):
    with pytest.raises(ConfigError, match=r"config\.secret_missing.*env:NO_SUCH"):
        stage.source(secret_access_key="env:NO_SUCH")


@pytest.mark.parametrize("after", ["move", "delete"])
def test_a_read_only_user_takes_files_and_releases_none(plant, stage, monkeypatch, after):
    monkeypatch.setenv("ID", READER_ID)
    monkeypatch.setenv("SECRET", READER_SECRET)
    stage.put("M01.txt", b"rows")
    source = stage.source(after, access_key_id="env:ID", secret_access_key="env:SECRET")
    with pytest.raises(PermissionError):
        source.try_release()
    result = plant.collect(source)
    assert (result.taken, [problem.path for problem in result.unreleased]) == (1, ["M01.txt"])
    assert "403" in result.unreleased[0].reason
    assert plant.collect(stage.source(after)).unreleased == ()
    assert len(plant.arrivals()) == 1


def test_a_server_that_hangs_holds_up_nobody_and_is_taken_from_when_it_is_back(plant, stage, monkeypatch):
    monkeypatch.setattr(polling, "SILENT_S", 0.5)
    monkeypatch.setitem(s3.WAITS, "read_timeout", s3.timedelta(seconds=1))
    monkeypatch.setattr(s3, "TRIES", 0)
    stage.put("M01.txt", b"rows")
    plant.put("N01.txt")
    with stage.server.stopped():
        result = plant.collect(stage.source(), plant.source)
        assert (codes(result), result.taken) == (["collect.silent"], 1)
    while codes(result := plant.collect(stage.source())):
        continue
    assert result.taken == 1


def test_a_full_disk_takes_nothing_half_and_leaves_the_bucket(plant, stage, small_disk):
    data = os.urandom(3_000_000)
    stage.put("M01.txt", data)
    full = Intake(small_disk, plant.engine)
    with pytest.raises(TransientError, match=r"ops\.disk_full"):
        full.collect(stage.source("delete"))
    assert stage.files() == {"M01.txt": data} and plant.arrivals() == []
