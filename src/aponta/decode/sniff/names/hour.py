"""Names of samples compared with their rows: the pattern of names, the hour in them, and the time zone."""

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
    names: Sequence[NameParts], times: Sequence[datetime | None], table: SampleTable, zone: str | None
) -> list[Guess]:
    """times: of each record, as written. zone: the factory's, where rows have no offset of their own."""
    facts = {"count": len(names), "name": names[0].name}
    evidence = Phrase("decode.sniff.files", facts)
    guesses = [Guess("files", pattern_of(names) or ".*", "high" if len(names) > 1 else "medium", (evidence,))]
    firsts = [_hour(times[table.part(number)]) for number in range(len(names))]
    options = []
    for order in sorted(set.intersection(*(set(one.hours) for one in names))):
        formats = {one.hours[order][0] for one in names}
        shifts = {
            round((first - one.hours[order][1]) / HOUR) for one, first in zip(names, firsts, strict=True) if first
        }
        if len(formats) == 1:
            options.append((formats.pop(), shifts))
    if not options:
        return guesses
    format, shifts = min(options, key=lambda one: max(map(abs, one[1]), default=0))
    hour = {"from": "name:hour", "format": format, "is": "end" if shifts == {-1} else "start"}
    shown = ", ".join(f"{one:+d} h" for one in sorted(shifts)) or "-"
    evidence = Phrase("decode.sniff.hour", {"shift": shown})
    guesses.append(Guess("hour", hour, "high" if shifts in ({0}, {-1}) else "low", (evidence,)))
    if zone and len(shifts) == 1 and _is_utc(min(shifts), next(one for one in firsts if one), zone):
        evidence = Phrase("decode.sniff.utc", {"shift": shown, "zone": zone})
        guesses.append(Guess("text.timezone", "UTC", "medium", (evidence,)))
    return guesses


def in_zone(times: Sequence[datetime | None], zone: str) -> tuple[datetime | None, ...]:
    """Local times from times in UTC."""
    there = ZoneInfo(zone)
    return tuple(one and one.replace(tzinfo=UTC).astimezone(there).replace(tzinfo=None) for one in times)


def _is_utc(shift: int, first: datetime, zone: str) -> bool:
    """The rows are as far from the name's hour as UTC is from the factory's time. shift: 0 and -1 prove nothing."""
    offset = first.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset()
    return shift not in (0, -1) and timedelta(hours=-shift) == offset


def _hour(times: Sequence[datetime | None]) -> datetime | None:
    """The hour that most of the times are in."""
    hours = Counter(one.replace(minute=0, second=0, microsecond=0) for one in times if one)
    return hours.most_common(1)[0][0] if hours else None
