"""The numbers of the explanation that no command prints: worked out anew, by the views themselves and by arithmetic."""

import re

import duckdb
from source import REPO

from aponta.lake.cast import SQL_TYPE
from aponta.refine.kpi.oee import TABLE, VIEWS

PAGE = (REPO / "docs" / "explanation" / "how-oee-is-computed.md").read_text(encoding="utf-8")
NUMBER = r"(\d[\d,]*(?:\.\d+)?)"
MINUTE_MS = 60_000


def number(text: str) -> float:
    return float(text.replace(",", ""))


def facts() -> dict[str, object]:
    """The shift by hand, as kpi.oee would hold it, of the numbers that the page says."""
    planned, down = map(int, re.search(r"PBT \| (\d+) - (\d+) ", PAGE).groups())
    failures, setup, micro, run = map(int, re.search(r"APT \| \d+ - (\d+) - (\d+) - (\d+) = (\d+)", PAGE).groups())
    produced, cycle_s = map(number, re.search(rf"made, at best \| {NUMBER} x (\d+) s", PAGE).groups())
    good = number(re.search(rf"good, at best \| {NUMBER} x", PAGE)[1])
    minutes = {"calendar": planned, "planned": planned, "planned_down": down, "failure": failures, "setup": setup}
    minutes |= {"micro_stop": micro, "run": run}
    made = {"produced": produced, "good": good, "scrap": produced - good, "shift": "1"}
    ideal = {"ideal_ms_produced": 1000 * cycle_s * produced, "ideal_ms_good": 1000 * cycle_s * good}
    return {f"{name}_ms": MINUTE_MS * told for name, told in minutes.items()} | made | ideal


def test_profiles_give_what_the_page_says() -> None:
    told = facts()
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA kpi")
        empty = {"long": 0}
        columns = [
            f'CAST({told.get(one.name, empty.get(one.kind, "NULL"))} AS {SQL_TYPE[one.kind]}) AS "{one.name}"'
            for one in TABLE.columns
        ]
        connection.execute(f"CREATE TABLE kpi.oee AS SELECT {', '.join(columns)}")
        for name, view in VIEWS.items():
            said = re.search(rf"\| `{re.escape(name)}` \|[^|]*\| {' . '.join([NUMBER] * 4)} \|", PAGE)
            assert said, f"{name} is not in the page"
            (found,) = connection.sql(f"SELECT availability, effectiveness, quality, oee FROM ({view})").fetchall()
            assert [f"{ratio:.6f}" for ratio in found] == list(said.groups()), name


def test_every_sum_of_the_page_is_right() -> None:
    said = re.findall(r"\| ([\d,.]+ [^|=]*) = ([\d,.]+)( min)? \|", PAGE)
    assert len(said) == 12
    for sum_, answer, minutes in said:
        found = eval(re.sub("[,s]", "", sum_).replace("x", "*"))
        if minutes and sum_.endswith(" s"):
            found /= 60
        decimals = len(answer.partition(".")[2])
        assert f"{found:,.{decimals}f}" == answer, f"{sum_} = {answer}"
