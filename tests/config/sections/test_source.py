"""[[source]] of aponta.toml: an error is reported in words, without secrets."""

import factory as small
import pytest

from aponta.config import load
from aponta.errors import ConfigError
from aponta.words import LANGUAGES, Words

S3 = 'name = "cloud"\nkind = "s3"\nurl = "s3://bucket/in"\n'
SFTP = 'name = "vendor"\nkind = "sftp"\nurl = "sftp://aponta@files.example:2222/out"\npassword = "env:PASSWORD"\n'


def settings_of(folder, *tables):
    return small.make(folder, aponta=small.SETTINGS + "".join(f"[[source]]\n{one}\n" for one in tables))


def test_several_are_read(tmp_path):
    sources = settings_of(
        tmp_path, S3, SFTP, 'name = "share"\nkind = "folder"\nurl = "share"\npoll_seconds = 30\n'
    ).settings.source
    assert [(one.name, one.kind, one.after, one.poll_seconds) for one in sources] == [
        ("cloud", "s3", "leave", None),
        ("vendor", "sftp", "leave", None),
        ("share", "folder", "leave", 30),
    ]


def test_one_may_be_a_table_of_its_own(tmp_path):
    factory = small.make(tmp_path, aponta=f"{small.SETTINGS}[source]\n{S3}")
    assert [one.name for one in factory.settings.source] == ["cloud"]


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ((S3.replace("bucket/in", "B"),), "s3://bucket/prefix"),
        ((S3.replace("s3://bucket", "bucket"),), "s3://bucket/prefix"),
        ((SFTP.replace("aponta@", "aponta:pa55@"),), "without a password"),
        ((SFTP.replace("aponta@", ""),), "sftp://user@host"),
        (('name = "x"\nkind = "folder"\nurl = "s3://bucket"\n',), "kind folder"),
        ((S3 + 'secret_access_key = "pa55"\naccess_key_id = "env:A"\n',), "env:NAME or file:PATH"),
        ((S3 + 'access_key_id = "env:A"\n',), "both, or neither"),
        ((S3 + 'password = "env:A"\n',), "kind sftp, not s3"),
        ((SFTP.replace("password", "private_kee"),), "private_key"),
        ((SFTP.replace('password = "env:PASSWORD"', ""),), "password or private_key"),
        ((S3, S3), "another source"),
        ((S3.replace("cloud", "landing"),), "another source, or a landing folder"),
        ((S3.replace("cloud", "http"),), "http is the name"),
        ((S3.replace('"s3"', '"ftp"'),), "it must be one of"),
        (('name = "x"\nkind = "folder"\nurl = "data/in"\n',), "holds data/"),
    ],
)
def test_an_error_gives_the_rule_and_no_secret(tmp_path, tables, expected):
    with pytest.raises(ConfigError) as error:
        settings_of(tmp_path, *tables)
    message = " ".join(Words("en").error(error.value))
    assert expected in message and "pa55" not in message
    assert all(all(Words(language).error(error.value)) for language in LANGUAGES)
    (tmp_path / "aponta.toml").write_text(small.SETTINGS, encoding="utf-8")
    assert load(tmp_path).settings.source == ()
