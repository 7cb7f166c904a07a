"""Of the names of files: which machine, and which hour; and the pattern that finds both."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aponta.decode.sniff.text.lines import escaped
from aponta.decode.sniff.values import times

HOUR = r"(?P<j>[T_-]?)(?P<hour>[01]\d|2[0-3])(?:(?P<k>[-h_.]?)(?P<minute>[0-5]\d)(?:(?P=k)(?P<second>[0-5]\d))?)?"
HOURS = {orders: re.compile(rf"(?<!\d){date}{HOUR}(?!\d)") for orders, date in times.DATES.items()}
MACHINE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,12}-?\d{1,4}(?![A-Za-z0-9])")
NO_MACHINES = re.compile("report|sess|log|dat[ae]|dados|relat|export|file|arq|hist|part|v|rev", re.IGNORECASE)
FOLDER = re.compile(r"[A-Za-z]{1,12}[-_ ]?\d{1,4}")


@dataclass(frozen=True)
class NameParts:
    """A name's parts. hours: by each order of day and month, (format, the hour, local)."""

    name: str
    machine: tuple[int, int] | None
    hour: tuple[int, int] | None
    hours: dict[str, tuple[str, datetime]]

    @property
    def machine_text(self) -> str | None:
        return None if self.machine is None else self.name[slice(*self.machine)]

    @property
    def sure_hour(self) -> datetime | None:
        """Where day and month cannot be exchanged."""
        return next(iter(self.hours.values()))[1] if len(self.hours) == 1 else None


def name_parts(name: str, machines: Sequence[str] = ()) -> NameParts:
    """machines: that the file itself names; else what looks like the code of one."""
    hour, hours = _hour(name)
    outside = list(name.rpartition(".")[0] or name)
    if hour:
        outside[slice(*hour)] = "\0" * (hour[1] - hour[0])
    rest = "".join(outside)
    for known in machines:
        if len(known) > 1 and (
            whole := re.search(rf"(?<![A-Za-z0-9]){re.escape(known)}(?![A-Za-z0-9])", rest, re.IGNORECASE)
        ):
            return NameParts(name, whole.span(), hour, hours)
    looks_like = MACHINE.finditer(rest.replace("_", "\0"))
    found = next((one for one in looks_like if not NO_MACHINES.fullmatch(one[0].rstrip("-0123456789"))), None)
    return NameParts(name, found.span() if found else None, hour, hours)


def _hour(name: str) -> tuple[tuple[int, int] | None, dict[str, tuple[str, datetime]]]:
    for orders, pattern in HOURS.items():
        if not (match := pattern.search(name)):
            continue
        told = {}
        for order in orders:
            one = times.read_time(match["a"] + "-" + match["b"] + "-" + match["c"]).get(order)
            if one:
                date = match["s"].join(times.TOKENS[part] for part in order)
                clock = (match["k"] or "").join(
                    ["%H", *(["%M"] if match["minute"] else []), *(["%S"] if match["second"] else [])]
                )
                told[order] = (f"{date}{match['j']}{clock}", one.at.replace(hour=int(match["hour"])))
        if told:
            return match.span(), told
    return None, {}


def pattern_of(names: Sequence[NameParts]) -> str | None:
    """A regular expression that reads them all; None: they have too little in common."""
    exact, loose = _pattern(names, loosely=False), _pattern(names, loosely=True)
    for pattern in (exact, loose):
        if pattern and all(re.search(pattern, one.name, re.IGNORECASE) for one in names):
            return pattern
    return None


def _pattern(names: Sequence[NameParts], loosely: bool) -> str | None:
    first = names[0]
    stem, dot, ending = first.name.rpartition(".")
    if not dot:
        stem, ending = first.name, ""
    spans = sorted((span, kind) for span, kind in ((first.machine, "machine"), (first.hour, "hour")) if span)
    found, at = "", 0
    for (start, end), kind in spans:
        found += _between(first.name[at:start], names, loosely)
        inner = (
            _machines([text for one in names if (text := one.machine_text)])
            if kind == "machine"
            else _digits(first.name[start:end])
        )
        found += f"(?P<{kind}>{inner})"
        at = end
    rest = first.name[at : len(stem)]
    found += _between(rest, names, loosely) if rest and not loosely else ""
    if not spans and len(names) > 1 and not loosely:
        return None
    return f"{found}.*" + (rf"\.{_digits(ending)}$" if dot else "$")


def _between(text: str, names: Sequence[NameParts], loosely: bool) -> str:
    """What stands between the groups: as it is, if all have it; else anything."""
    if not text:
        return ""
    if all(text.casefold() in one.name.casefold() for one in names) and not loosely:
        return re.sub(r"\d+", r"\\d+", escaped(text))  # a number that is neither counts files, or means nothing
    marks = "".join(dict.fromkeys(mark for mark in text if mark in "_-. "))
    return ".*" + escaped(marks[-1:]) if text[-1:] == marks[-1:] else ".*"


def _digits(text: str) -> str:
    return re.sub(
        r"\d+", lambda run: r"\d" * len(run[0]) if len(run[0]) < 3 else rf"\d{{{len(run[0])}}}", escaped(text)
    )


def _machines(codes: Sequence[str]) -> str:
    """M01 and M07 are M\\d\\d; M7 may have an M10 beside it; what has nothing in common is any letters and digits."""
    one = {_digits(code).upper() for code in codes}
    if len(one) == 1 and any(re.search(r"(?<!\d)0", code) for code in codes):
        return _digits(codes[0])
    letters = {re.sub(r"\d+", "#", code) for code in codes}
    return escaped(letters.pop()).replace("#", r"\d+") if len(letters) == 1 else r"[A-Za-z]+-?\d+"
