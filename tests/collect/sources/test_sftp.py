"""Folders behind SSH, on a real OpenSSH server."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from aponta.collect import polling
from aponta.collect.sources import sftp
from aponta.errors import ConfigError, TransientError
from aponta.words import LANGUAGES, Words


@pytest.fixture
def stage(on_server):
    return on_server


def only_error(plant, source, others=1):
    """The error of an unreachable source; the other source goes on."""
    plant.put("N01.txt")
    result = plant.collect(source, plant.source)
    assert result.taken == others
    (error,) = result.unreachable
    for language in LANGUAGES:
        assert all(Words(language).error(error))
    return error


def other_key(folder: Path, *options: str) -> Path:
    path = folder / "other_key"
    subprocess.run(["ssh-keygen", "-q", "-f", path, *options], check=True)
    return path


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_keys_of_every_kind_with_a_passphrase(stage, monkeypatch, kind):
    shop = stage.factory.folder
    monkeypatch.setenv("PHRASE", "uma frase")
    other_key(shop, "-t", kind, "-N", "uma frase")
    stage.source(private_key="file:other_key", passphrase="env:PHRASE")
    for phrase in ({}, {"passphrase": "file:other_key.pub"}):
        with pytest.raises(ConfigError, match=r"collect\.bad_key"):
            stage.source(private_key="file:other_key", **phrase)


@pytest.mark.parametrize("text", ["", "nonsense", "ssh-ed25519 AAAA me"])
def test_a_bad_key_is_reported(stage, text):
    (stage.factory.folder / "client_key").write_text(text)
    with pytest.raises(ConfigError, match=r"collect\.bad_key"):
        stage.source()


def test_a_key_that_the_server_does_not_have_is_not_let_in(plant, stage):
    other_key(stage.factory.folder, "-t", "ed25519", "-N", "")
    error = only_error(plant, stage.source(private_key="file:other_key"))
    assert (error.code, error.facts["user"]) == ("collect.not_let_in", stage.server.user)


def test_a_wrong_password_is_not_let_in_and_not_told(plant, stage, monkeypatch):
    monkeypatch.setenv("PASSWORD", "wr0ng-w0rd")
    error = only_error(plant, stage.source(private_key=None, password="env:PASSWORD"))
    assert error.code == "collect.not_let_in" and "wr0ng" not in str(error)


@pytest.mark.parametrize("known", [None, "", "other.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==\n"])
def test_a_server_that_nobody_wrote_down_is_not_believed(plant, stage, known):
    file = stage.factory.folder / "known_hosts"
    file.unlink()
    if known is not None:
        file.write_text(known)
    error = only_error(plant, stage.source())
    assert error.code == "collect.unknown_host_key" and str(error.facts["key"]).startswith("SHA256:")
    assert not file.exists() or file.read_text() == known, "a person writes it down, nobody else"
    line = Words("en").error(error)[1].rpartition("ssh-keyscan ")[2]
    assert "known_hosts" in line
    file.write_text(stage.server.known())
    assert plant.collect(stage.source()).unreachable == ()


def test_a_server_with_another_key_than_yesterday_is_refused(plant, stage):
    stage.put("M01.txt", b"rows")
    assert plant.collect(stage.source()).taken == 1
    stage.server.stop()
    stage.server.new_key()
    stage.server.start()
    stage.put("M02.txt", b"rows 2")
    assert only_error(plant, stage.source()).code == "collect.other_host_key"
    (stage.factory.folder / "hosts").write_text(stage.server.known())
    assert plant.collect(stage.source(known_hosts="hosts")).taken == 1


def test_a_server_that_is_gone_and_comes_back_takes_nothing_twice(plant, stage):
    stage.put("M01.txt", b"rows")
    assert plant.collect(stage.source()).taken == 1
    stage.server.stop()
    try:
        error = only_error(plant, stage.source())
        assert error.code == "collect.unreachable_source" and "sftp://127.0.0.1" in str(error)
    finally:
        stage.server.start()
    stage.put("M02.txt", b"rows 2")
    back = plant.collect(stage.source())
    assert (back.taken, back.remembered) == (1, 1)


def test_a_connection_that_is_lost_in_mid_file_takes_nothing_half(plant, stage):
    data = {f"M{number:02d}.txt": os.urandom(1_000_000 + number) for number in range(8)}
    for path, content in data.items():
        stage.put(path, content)

    class Losing:
        def __init__(self, source) -> None:
            self.source = source

        def __getattr__(self, name):
            return getattr(self.source, name)

        @contextmanager
        def open(self, listed):
            with self.source.open(listed) as stream:
                assert stream.read(10)
                stage.server.stop()
                yield stream

    try:
        error = only_error(plant, Losing(stage.source("delete")))
        assert error.code == "collect.lost" and error.facts["source"] == "staged"
        assert plant.names() == ["N01.txt"]
    finally:
        stage.server.start()
    assert stage.files() == data
    assert plant.collect(stage.source("delete")).taken == 8
    assert {row["name"]: plant.raw.read(row["sha256"]) for row in plant.arrivals()[1:]} == data
    assert stage.files() == {}


def test_a_server_that_hangs_holds_up_nobody_and_is_taken_from_when_it_is_back(plant, stage, monkeypatch):
    monkeypatch.setattr(polling, "SILENT_S", 0.5)
    monkeypatch.setattr(sftp, "ANSWERS_S", 2.0)
    stage.put("M01.txt", b"rows")
    with stage.server.halted():
        error = only_error(plant, stage.source())
        assert error.code in ("collect.silent", "collect.unreachable_source")
    while (result := plant.collect(stage.source())).unreachable:
        continue
    assert result.taken == 1


def test_a_path_from_the_users_own_folder_and_one_that_is_not_there(plant, stage):
    assert sftp._path("/~/out/") == "out" and sftp._path("/~") == "." and sftp._path("") == "/"
    assert sftp._path("/~user") == "/~user"
    error = only_error(plant, stage.source(url=f"{stage.server.url}{stage.root}/none"))
    assert error.code == "collect.unreachable_source" and "No such file" in str(error)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="the server's user owns all there")
def test_files_without_rights_are_named_and_the_others_taken(plant, stage):
    for path in ("M01.txt", "M02.txt", "closed/M03.txt", "kept/M04.txt"):
        stage.put(path, path.encode())
    for path, mode in (("M02.txt", 0o600), ("closed", 0o700), ("kept", 0o755)):
        shutil.chown(stage.root / path, "root")
        (stage.root / path).chmod(mode)
    result = plant.collect(stage.source("move"))
    assert sorted(plant.names()) == ["M01.txt", "M04.txt"]
    assert sorted(problem.path for problem in result.unreadable) == ["M02.txt", "closed"]
    assert [(problem.path, problem.reason) for problem in result.unreleased] == [("kept/M04.txt", "Permission denied")]
    assert "taken/M01.txt" in stage.files()
    stage.source("delete").try_release()
    shutil.chown(stage.root, "root")
    with pytest.raises(PermissionError):
        stage.source("delete").try_release()


def test_a_link_is_not_followed(stage):
    stage.put("M01.txt", b"rows")
    (stage.root / "round").symlink_to(stage.root, target_is_directory=True)
    (stage.root / "M02.txt").symlink_to(stage.root / "M01.txt")
    assert [one.path for one in stage.source().list()] == ["M01.txt"]


def test_without_the_library_it_is_said_which_to_install(stage, monkeypatch):
    monkeypatch.setitem(sys.modules, "paramiko", None)
    with pytest.raises(ConfigError) as error:
        stage.source()
    assert "pip install 'aponta[sftp]'" in Words("en").error(error.value)[1]


def test_a_full_disk_takes_nothing_half_and_leaves_the_server(plant, stage, small_disk):
    from intake import Intake

    data = os.urandom(3_000_000)
    stage.put("M01.txt", data)
    with pytest.raises(TransientError, match=r"ops\.disk_full"):
        Intake(small_disk, plant.engine).collect(stage.source("delete"))
    assert stage.files() == {"M01.txt": data} and plant.arrivals() == []
