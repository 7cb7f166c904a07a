"""Noise on the line: rows of junk among the good ones, a few good ones spoilt; the trailer tells the real number."""

from collections.abc import Callable
from random import Random

from aponta.lab.delivery import Delivered, Delivery, Fault, MachineHour

NOT_CP1252 = "\udc81"  # becomes the byte 0x81


def deliver(hour: MachineHour, chance: Random) -> Delivered:
    rows = list(hour.rows)
    spoilt = chance.sample(range(len(rows)), len(SPOIL))
    reasons = {}
    for index, (reason, spoil) in zip(spoilt, SPOIL.items(), strict=True):
        rows[index] = spoil(rows[index])
        reasons[index] = reason
    for junk in _junk(hour):
        rows.insert(chance.randrange(len(rows) + 1), junk)
    return Delivered(
        (Delivery(hour.name, hour.written(rows, len(hour.rows)), hour.after_end(chance)),), reasons, set_aside=SET_ASIDE
    )


def _junk(hour: MachineHour) -> list[str]:
    code, stamp = hour.machine.code, hour.rows[0].split(";")[2]
    return [
        "@@@@ erro de comunicação: porta COM3 @@@@",
        f"{code};{stamp};{hour.product}",
        f"{code};17;{stamp};{hour.product};A;24,8;68,97;2,923;2,925;;",
        f"{code};17;{stamp};{hour.product};A;24,8;6a8,97;2,923",
        f"{code};17;31/02/2026 07:61:00.250;{hour.product};A;24,8;68,97;2,923",
        f"{code};17;{stamp};{NOT_CP1252 * 4};A;24,8;68,97;2,923",
        f"\x02{NOT_CP1252}ÿÿ÷\x15\x06;;;",
    ]


def _with(column: int, change: str) -> Callable[[str], str]:
    def spoil(row: str) -> str:
        fields = row.split(";")
        fields[column] = change.format(fields[column])
        return ";".join(fields)

    return spoil


SPOIL: dict[str, Callable[[str], str]] = {
    "letters in a number": _with(5, "{0}x"),
    "decimal point": _with(6, "68.97"),
    "impossible date": _with(2, "30/02/2026 07:00:00.250"),
    "byte not in cp1252": _with(3, "{0}" + NOT_CP1252),
    "a column missing": lambda row: row.rpartition(";")[0],
}
SET_ASIDE = {"columns": 4, "number": 3, "time": 2, "encoding": 3}  # of both kinds
FAULT = Fault("garbage_rows", deliver, per_week=1.0, needs=len(SPOIL))
