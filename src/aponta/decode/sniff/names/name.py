"""Names of files: the machine and the hour in them, and the pattern that finds both."""

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
    """machine, hour: their spans in the name. hours: by order of day and month, the format and the local hour."""

    name: str
    machine: tuple[int, int] | None
    hour: tuple[int, int] | None
    hours: dict[str, tuple[str, datetime]]

    @property
    def machine_text(self) -> str | None:
        return None if self.machine is None else self.name[slice(*self.machine)]

    @property
    def sure_hour(self) -> datetime | None:
        """The hour, where day and month cannot be confused."""
        return next(iter(self.hours.values()))[1] if len(self.hours) == 1 else None


def name_parts(name: str, machines: Sequence[str] = ()) -> NameParts:
    """machines: codes that the file itself has; without one of these, a text that looks like a code."""
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
    code = next((match for match in looks_like if not NO_MACHINES.fullmatch(match[0].rstrip("-0123456789"))), None)
    return NameParts(name, code.span() if code else None, hour, hours)


def _hour(name: str) -> tuple[tuple[int, int] | None, dict[str, tuple[str, datetime]]]:
    for orders, pattern in HOURS.items():
        if not (match := pattern.search(name)):
            continue
        hours = {}
        for order in orders:
            day = times.read_time(match["a"] + "-" + match["b"] + "-" + match["c"]).get(order)
            if day:
                date = match["s"].join(times.TOKENS[part] for part in order)
                clock = (match["k"] or "").join(
                    ["%H", *(["%M"] if match["minute"] else []), *(["%S"] if match["second"] else [])]
                )
                hours[order] = (f"{date}{match['j']}{clock}", day.at.replace(hour=int(match["hour"])))
        if hours:
            return match.span(), hours
    return None, {}


def pattern_of(names: Sequence[NameParts]) -> str | None:
    """A regular expression that matches all names; None: they have too little in common."""
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
    pattern, at = "", 0
    for (start, end), kind in spans:
        pattern += _between(first.name[at:start], names, loosely)
        inner = (
            _machines([text for one in names if (text := one.machine_text)])
            if kind == "machine"
            else _digits(first.name[start:end])
        )
        pattern += f"(?P<{kind}>{inner})"
        at = end
    rest = first.name[at : len(stem)]
    pattern += _between(rest, names, loosely) if rest and not loosely else ""
    if not spans and len(names) > 1 and not loosely:
        return None
    return f"{pattern}.*" + (rf"\.{_digits(ending)}$" if dot else "$")


def _between(text: str, names: Sequence[NameParts], loosely: bool) -> str:
    """The text between the groups, where all names have it; else any text."""
    if not text:
        return ""
    if all(text.casefold() in one.name.casefold() for one in names) and not loosely:
        return re.sub(r"\d+", r"\\d+", escaped(text))  # other numbers count files, or mean nothing
    marks = "".join(dict.fromkeys(mark for mark in text if mark in "_-. "))
    return ".*" + escaped(marks[-1:]) if text[-1:] == marks[-1:] else ".*"


def _digits(text: str) -> str:
    return re.sub(
        r"\d+", lambda run: r"\d" * len(run[0]) if len(run[0]) < 3 else rf"\d{{{len(run[0])}}}", escaped(text)
    )


def _machines(codes: Sequence[str]) -> str:
    """M01 and M07 are M\\d\\d; beside M7 there may be an M10; without common letters, any letters and digits."""
    patterns = {_digits(code).upper() for code in codes}
    if len(patterns) == 1 and any(re.search(r"(?<!\d)0", code) for code in codes):
        return _digits(codes[0])
    letters = {re.sub(r"\d+", "#", code) for code in codes}
    return escaped(letters.pop()).replace("#", r"\d+") if len(letters) == 1 else r"[A-Za-z]+-?\d+"
