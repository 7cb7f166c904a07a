"""A service as a unit of systemd: of the user who installs it, or of the system."""

import os
import re
from pathlib import Path

from aponta.errors import ConfigError, ContractError, TransientError
from aponta.operate.service.unit import Service, ServiceState, run_tool
from aponta.ops.disk import atomic_file

UNIT = """\
# Made by `aponta service install`; `aponta service remove` takes it away.
[Unit]
Description=The pipeline of a factory folder ({name})
Wants=network-online.target
After=network-online.target remote-fs.target
StartLimitIntervalSec=0

[Service]
ExecStart={command}
Environment=PYTHONUNBUFFERED=1
{account}Restart=on-failure
RestartSec=10

[Install]
WantedBy={target}
"""
NOT_IN_A_PROGRAM = re.compile(r"[\"'\\\x00-\x1f\x7f]")  # systemd takes no program whose path has one of these


class Systemd:
    def place(self, service: Service) -> str:
        return str(_path(service))

    def definition(self, service: Service) -> str:
        """Raises ConfigError `operate.path` for a program that systemd would not start."""
        if found := NOT_IN_A_PROGRAM.search(service.program):
            raise ConfigError("operate.path", path=service.program, mark=found[0])
        # `:` keeps $ what it is, which `$$` cannot do for the program itself; systemd knows it since 244.
        plain = ":" if any("$" in word for word in service.command) else ""
        command = plain + " ".join(quoted(word) for word in service.command)
        target = "default.target" if service.user else "multi-user.target"
        account = "" if service.user else f"User={_owner(service.folder)}\n"
        return UNIT.format(name=service.name, command=command, account=account, target=target)

    def install(self, service: Service) -> None:
        text, path = self.definition(service), _path(service)
        _systemctl(service, "daemon-reload")  # where no systemd answers, nothing is written either
        with atomic_file(path.parent) as written:
            written.write(text.encode())
            written.commit(path)
        _systemctl(service, "daemon-reload")
        _systemctl(service, "enable", _unit(service))
        _systemctl(service, "restart", _unit(service))  # starts it, too; one that ran goes on under the new unit
        if service.user:
            try:
                run_tool(["loginctl", "enable-linger", service.user])
            except TransientError as error:
                raise ContractError("operate.no_linger", user=service.user) from error

    def remove(self, service: Service) -> None:
        if _path(service).exists():
            _systemctl(service, "disable", "--now", _unit(service))
            _path(service).unlink()
            _systemctl(service, "daemon-reload")

    def state(self, service: Service) -> ServiceState:
        if not _path(service).exists():
            return "absent"
        active = _systemctl(service, "show", "--property=ActiveState", "--value", _unit(service)).strip()
        return "running" if active in ("active", "activating", "reloading") else "stopped"


def quoted(word: str) -> str:
    """A word of a command, escaped so that systemd reads it back as it is."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda mark: f"\\x{ord(mark[0]):02x}", plain) + '"'


def _owner(folder: Path) -> str:
    """The user to whom the folder belongs: the computer's own service runs with no more rights."""
    try:
        return folder.owner()
    except KeyError:  # this computer knows the user by number only
        return str(folder.stat().st_uid)


def _unit(service: Service) -> str:
    return f"{service.name}.service"


def _path(service: Service) -> Path:
    own = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return (own / "systemd" / "user" if service.user else Path("/", "etc", "systemd", "system")) / _unit(service)


def _systemctl(service: Service, *words: str) -> str:
    return run_tool(["systemctl", *(["--user"] if service.user else []), *words])
