"""The mount that a landing folder lies on: the computer's own disk, or a share.

A share that is not mounted leaves its mount point behind, an empty folder of the computer's own disk. The share is
remembered: so the mount point is not taken for an empty share, nor files in it for the share's.
"""

import os
from pathlib import Path

from sqlalchemy import Engine, delete, insert, select

from aponta.collect.names import printable
from aponta.ops.database import transaction
from aponta.ops.tables import mounted


class Mounts:
    """The mount of each source's folder at the last poll, in the operational database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def last_mount(self, source: str) -> str | None:
        with transaction(self.engine, reading=True) as connection:
            return connection.execute(select(mounted.c.mount).where(mounted.c.source == source)).scalar()

    def remember(self, source: str, mount: str) -> None:
        with transaction(self.engine) as connection:
            connection.execute(delete(mounted).where(mounted.c.source == source))
            connection.execute(insert(mounted).values(source=source, mount=mount))


def missing_mount(root: Path, source: str, mounts: Mounts) -> str | None:
    """The share that the folder lay on and that is not mounted now; None: the mount is the same, or a new one, which
    is remembered. Call it right after the folder was listed: a share that is mounted on demand is mounted then.
    """
    real = root.resolve()
    now = next(place for place in (real, *real.parents) if os.path.ismount(place) or place == place.parent)
    mount, known = printable(str(now)), mounts.last_mount(source)
    if known == mount:
        return None
    above = {printable(str(place)) for place in (real, *real.parents)}
    if known in above and len(known) > len(mount):
        return known
    mounts.remember(source, mount)
    return None
