"""A person accepts a file whose trailer is wrong: its good rows count already, now their hours may be declared."""

import getpass

from sqlalchemy import Connection, select, update

from aponta.config import Factory
from aponta.contract.clock import system_clock
from aponta.errors import ConfigError
from aponta.ops.database import transaction
from aponta.ops.lock import exclusive
from aponta.ops.tables import file, file_hour, machine_hour
from aponta.pipeline.files.closing import CoveringFile, withheld


def accept_file(factory: Factory, sha256: str, wait_seconds: float = 30) -> list[str]:
    """Returns the hours that are no longer withheld from stock, as in `M01 2026-03-02T10Z`.

    Raises ConfigError `cli.nothing_to_accept`.
    """
    with exclusive(factory, system_clock, wait_seconds) as engine, transaction(engine) as connection:
        same_file = file.c.sha256 == sha256
        to_accept = (file.c.trailer == "wrong") & file.c.accepted_by.is_(None)
        if connection.execute(select(file.c.sha256).where(same_file, to_accept)).first() is None:
            raise ConfigError("cli.nothing_to_accept", hash=sha256[:12])
        connection.execute(update(file).where(same_file).values(accepted_by=getpass.getuser()[:200]))
        covered = select(file_hour.c.machine, file_hour.c.hour).where(file_hour.c.sha256 == sha256, file_hour.c.covers)
        released = []
        for machine, hour in connection.execute(covered).all():
            if not withheld(_covering_files(connection, machine, hour)):
                same_hour = (machine_hour.c.machine == machine) & (machine_hour.c.hour == hour)
                connection.execute(update(machine_hour).where(same_hour).values(held=False, stock_pending=True))
                released.append(f"{machine} {hour:%Y-%m-%dT%H}Z")
    return released


def _covering_files(connection: Connection, machine: str, hour: object) -> list[CoveringFile]:
    """The files in force that cover the hour."""
    covers = (file_hour.c.machine == machine) & (file_hour.c.hour == hour) & file_hour.c.covers
    rows = connection.execute(
        select(file.c.trailer, file.c.accepted_by)
        .join(file_hour, file_hour.c.sha256 == file.c.sha256)
        .where(covers, file.c.in_force)
    )
    return [CoveringFile(None, row.trailer, row.accepted_by is not None) for row in rows]
