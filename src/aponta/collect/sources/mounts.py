"""Where a landing folder lies: on the computer's own disk, or on a share that is mounted there.

A share that is not mounted leaves its mount point behind, an empty folder of the computer's own disk. That it was a
share is remembered: it is not an empty one, nor are files in it those of the share.
"""

import os
from pathlib import Path

from sqlalchemy import Engine, delete, insert, select

from aponta.collect.names import printable
from aponta.ops.database import transaction
from aponta.ops.tables import mounted


class Mounts:
    """What the last look found, source by source."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def known(self, source: str) -> str | None:
        with transaction(self.engine, reading=True) as connection:
            return connection.execute(select(mounted.c.mount).where(mounted.c.source == source)).scalar()

    def keep(self, source: str, mount: str) -> None:
        with transaction(self.engine) as connection:
            connection.execute(delete(mounted).where(mounted.c.source == source))
            connection.execute(insert(mounted).values(source=source, mount=mount))


def missing(root: Path, source: str, mounts: Mounts) -> str | None:
    """The share that the folder lay on and that is not mounted now; None: it lies where it did, or on a new one, which
    is remembered. Only for who has just listed the folder: a share that is mounted when it is needed is so now.
    """
    real = root.resolve()
    now = next(place for place in (real, *real.parents) if os.path.ismount(place) or place == place.parent)
    told, known = printable(str(now)), mounts.known(source)
    if known == told:
        return None
    above = {printable(str(place)) for place in (real, *real.parents)}
    if known in above and len(known) > len(told):
        return known
    mounts.keep(source, told)
    return None
