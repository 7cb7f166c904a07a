"""What the names of the samples tell, held against their rows: the pattern of names, the hour, and the zone."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aponta.decode.sniff.guess import Guess
from aponta.decode.sniff.names.name import NameParts, pattern_of
from aponta.decode.sniff.text.table import SampleTable
from aponta.words import Phrase

HOUR = timedelta(hours=1)


def name_guesses(
    names: Sequence[NameParts], moments: Sequence[datetime | None], table: SampleTable, zone: str | None
) -> list[Guess]:
    """moments: of each record, as written. zone: the factory's, where rows do not tell their own offset."""
    facts = {"count": len(names), "name": names[0].name}
    evidence = Phrase("decode.sniff.files", facts)
    found = [Guess("files", pattern_of(names) or ".*", "high" if len(names) > 1 else "medium", (evidence,))]
    firsts = [_hour(moments[table.part(number)]) for number in range(len(names))]
    options = []
    for order in sorted(set.intersection(*(set(one.hours) for one in names))):
        formats = {one.hours[order][0] for one in names}
        shifts = {
            round((first - one.hours[order][1]) / HOUR) for one, first in zip(names, firsts, strict=True) if first
        }
        if len(formats) == 1:
            options.append((formats.pop(), shifts))
    if not options:
        return found
    format, shifts = min(options, key=lambda one: max(map(abs, one[1]), default=0))
    hour = {"from": "name:hour", "format": format, "is": "end" if shifts == {-1} else "start"}
    said = ", ".join(f"{one:+d} h" for one in sorted(shifts)) or "-"
    evidence = Phrase("decode.sniff.hour", {"shift": said})
    found.append(Guess("hour", hour, "high" if shifts in ({0}, {-1}) else "low", (evidence,)))
    if zone and len(shifts) == 1 and _is_utc(min(shifts), next(one for one in firsts if one), zone):
        evidence = Phrase("decode.sniff.utc", {"shift": said, "zone": zone})
        found.append(Guess("text.timezone", "UTC", "medium", (evidence,)))
    return found


def in_zone(moments: Sequence[datetime | None], zone: str) -> tuple[datetime | None, ...]:
    """Of moments that are UTC."""
    there = ZoneInfo(zone)
    return tuple(one and one.replace(tzinfo=UTC).astimezone(there).replace(tzinfo=None) for one in moments)


def _is_utc(shift: int, first: datetime, zone: str) -> bool:
    """The rows are as far from the name's hour as UTC from the factory; an hour less may be how hours are named."""
    offset = first.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset()
    return shift not in (0, -1) and timedelta(hours=-shift) == offset


def _hour(moments: Sequence[datetime | None]) -> datetime | None:
    """The one that most of them are of."""
    hours = Counter(one.replace(minute=0, second=0, microsecond=0) for one in moments if one)
    return hours.most_common(1)[0][0] if hours else None
