"""A column's name in a header row -> the name of its sensor with the unit at the end, as in layouts."""

import re
import unicodedata

from aponta.contract.layout.layout import RESERVED, RESERVED_BEGINNINGS

UNITS = {
    **{"°c": "c", "ºc": "c", "c": "c", "celsius": "c", "k": "k", "kelvin": "k", "°f": "f", "ºf": "f"},
    **{
        name: name
        for name in ("bar", "mbar", "pa", "kpa", "mpa", "psi", "rpm", "hz", "khz", "s", "ms", "us", "min", "h")
    },
    **{
        name: name
        for name in (
            "mm",
            "cm",
            "m",
            "um",
            "n",
            "kn",
            "nm",
            "a",
            "ma",
            "v",
            "mv",
            "w",
            "kw",
            "kwh",
            "g",
            "kg",
            "l",
            "db",
        )
    },
    **{"%": "pct", "pct": "pct", "percent": "pct", "1/min": "rpm", "µm": "um", "μm": "um", "seg": "s", "sec": "s"},
    **{
        "mm/s": "mm_s",
        "mm/min": "mm_min",
        "m/s": "m_s",
        "m/min": "m_min",
        "l/min": "l_min",
        "m3/h": "m3_h",
        "g/m3": "g_m3",
    },
    **{"mm/s2": "mm_s2", "m/s2": "m_s2", "graus": "c"},
}
LONGEST = 60


def split_unit(header: str) -> tuple[str, str | None]:
    """(name without the unit, unit as layouts write it) of `temp [°C]`, `Pressão (bar)`, `vibration mm/s`,
    `temperature_c`; None: no known unit.
    """
    bracketed = re.fullmatch(r"(.+?)[ _]*[\[({<]([^\])}>]+)[\])}>]\s*", header)
    if bracketed and (unit := UNITS.get(bracketed[2].strip().casefold())):
        return bracketed[1], unit
    for known in sorted(set(UNITS.values()), key=len, reverse=True):
        if header.casefold().endswith(f"_{known}") and len(header) > len(known) + 1:
            return header[: -len(known) - 1], known
    behind = re.fullmatch(r"(.+?)[ _]+(\S+)", header.strip())
    if behind and (unit := UNITS.get(behind[2].casefold())):
        return behind[1], unit
    return header, None


def sensor_name(header: str, otherwise: str) -> tuple[str, bool]:
    """(name, it ends with a unit). otherwise: the name where the header has no letters."""
    name, unit = split_unit(header)
    plain = slug(name) or slug(otherwise) or "sensor"
    if not plain[0].isalpha():
        plain = f"{slug(otherwise) or 'sensor'}_{plain}"
    sensor = f"{plain[: LONGEST - 8]}_{unit}" if unit else plain[:LONGEST]
    if sensor in RESERVED or sensor.startswith(RESERVED_BEGINNINGS):
        sensor = f"sensor_{sensor}"[:LONGEST]
    return sensor, unit is not None


def slug(text: str) -> str:
    """Lower-case letters without accents, digits and _."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
