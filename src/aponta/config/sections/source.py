"""[[source]] of aponta.toml: further sources of files, beside the landing folders."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from aponta.config.sections.section import Section
from aponta.contract.rule import rule_error

SourceKind = Literal["folder", "s3", "sftp"]
INBOX = "http"  # the source of files sent to the pages' /api/files
URLS: dict[SourceKind, str] = {
    "folder": r"(?!\w+://).+",
    "s3": r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?",
    "sftp": r"sftp://[^/:@\s]+@(\[[0-9a-fA-F:]+\]|[^/:@\s\[\]]+)(:\d{1,5})?(/.*)?",
}
OF_KIND: dict[SourceKind, frozenset[str]] = {
    "folder": frozenset(),
    "s3": frozenset({"endpoint", "region", "access_key_id", "secret_access_key"}),
    "sftp": frozenset({"password", "private_key", "passphrase", "known_hosts"}),
}


def _elsewhere(value: str | None) -> str | None:
    if value is not None and not value.startswith(("env:", "file:")):
        raise rule_error("secret_place")
    return value


Secret = Annotated[str | None, AfterValidator(_elsewhere)]


class SourceSection(Section):
    name: str = Field(
        pattern=r"^[A-Za-z0-9_-]{1,40}$", description="the source's name, by which its files are remembered"
    )
    kind: SourceKind = Field(description="kind of source")
    url: str = Field(
        max_length=500,
        description="where: a folder; `s3://bucket/prefix`; `sftp://user@host:port/path`, or "
        "`.../~/path` from the user's own folder",
    )
    after: Literal["leave", "move", "delete"] = Field(
        "leave", description="what becomes of the original, once the copy in data/raw was verified"
    )
    poll_seconds: float | None = Field(
        None, gt=0, le=86_400, description="how often `aponta watch` looks there; without it landing.poll_seconds"
    )
    endpoint: str | None = Field(None, pattern=r"^https?://", description="s3: address of the server; without it AWS")
    region: str | None = Field(None, max_length=100, description="s3: region; without it AWS_REGION, else us-east-1")
    access_key_id: Secret = Field(
        None, description="s3: env:NAME or file:PATH; without it the environment, as the AWS tools read it"
    )
    secret_access_key: Secret = Field(None, description="s3: env:NAME or file:PATH")
    password: Secret = Field(None, description="sftp: env:NAME or file:PATH")
    private_key: Secret = Field(None, description="sftp: env:NAME or file:PATH holding the key as OpenSSH writes it")
    passphrase: Secret = Field(None, description="sftp: env:NAME or file:PATH, of a private key that has one")
    known_hosts: str | None = Field(
        None, max_length=500, description="sftp: file with the server's key; without it `known_hosts` of this folder"
    )

    @model_validator(mode="after")
    def _of_one_kind(self) -> "SourceSection":
        if not re.fullmatch(URLS[self.kind], self.url):
            raise rule_error("source_url", "url", kind=self.kind)
        for kind, keys in OF_KIND.items():
            for key in sorted(keys & self.model_fields_set) if kind != self.kind else ():
                raise rule_error("key_of_kind", key, kind=self.kind, of=kind)
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise rule_error("both_keys", "access_key_id")
        if self.kind == "sftp" and self.password is None and self.private_key is None:
            raise rule_error("way_in", "password")
        return self
