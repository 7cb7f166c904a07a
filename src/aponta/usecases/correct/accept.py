"""A person accepts a file whose trailer lies: its good rows counted from the start, now they may be declared too."""

import getpass

from sqlalchemy import select, update

from aponta.config import Factory
from aponta.contract.clock import system_clock
from aponta.errors import ConfigError
from aponta.ops.database import transaction
from aponta.ops.lock import exclusive
from aponta.ops.tables import file, file_hour, machine_hour
from aponta.pipeline.files.closing import CoveringFile, withheld


def accept(factory: Factory, sha256: str, wait_seconds: float = 30) -> list[str]:
    """Returns the hours that are no longer held, `M01 2026-03-02T10Z`. Raises ConfigError when there is nothing to
    accept.
    """
    with exclusive(factory, system_clock, wait_seconds) as engine, transaction(engine) as connection:
        same = file.c.sha256 == sha256
        lying = connection.execute(
            select(file.c.sha256).where(same, file.c.trailer == "wrong", file.c.accepted_by.is_(None))
        ).first()
        if lying is None:
            raise ConfigError("cli.nothing_to_accept", hash=sha256[:12])
        connection.execute(update(file).where(same).values(accepted_by=getpass.getuser()[:200]))
        spoken = select(file_hour.c.machine, file_hour.c.hour).where(file_hour.c.sha256 == sha256, file_hour.c.covers)
        freed = []
        for machine, hour in connection.execute(spoken).all():
            speaks = (file_hour.c.machine == machine) & (file_hour.c.hour == hour) & file_hour.c.covers
            found = connection.execute(
                select(file.c.trailer, file.c.accepted_by)
                .join(file_hour, file_hour.c.sha256 == file.c.sha256)
                .where(speaks, file.c.in_force)
            )
            if not withheld([CoveringFile(None, row.trailer, row.accepted_by is not None) for row in found]):
                at = (machine_hour.c.machine == machine) & (machine_hour.c.hour == hour)
                connection.execute(update(machine_hour).where(at).values(held=False, stock_pending=True))
                freed.append(f"{machine} {hour:%Y-%m-%dT%H}Z")
    return freed
