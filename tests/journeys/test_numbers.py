"""What stands on a page, read back as people read it, is what `aponta sql` says."""

import re
from collections.abc import Iterator
from typing import Any

import plant
import pytest
from browser import new_page

from aponta.config import Factory
from aponta.usecases.read.published import query
from aponta.words import LANGUAGES

pytestmark = pytest.mark.slow
MARKS = {"pt-BR": str.maketrans({".": "", ",": "."}), "en": str.maketrans({",": ""})}
DAY = plant.NOW.date()
SHIFT = f"production_day = DATE '{DAY}'"
COUNTED = r"\d[\d.,]*"


@pytest.fixture(scope="module", params=LANGUAGES)
def page(request: pytest.FixtureRequest, browser: Any, url: str, signed_in: list[dict[str, Any]]) -> Iterator[Any]:
    page = new_page(browser, base_url=url)
    language = {"name": "language", "value": request.param, "domain": "127.0.0.1", "path": "/"}
    page.context.add_cookies([*signed_in, language])
    page.language = request.param
    yield page
    page.context.close()


def numbers(page: Any, text: str) -> list[float]:
    """As the language writes them."""
    return [float(one.rstrip(".,").translate(MARKS[page.language])) for one in re.findall(COUNTED, text)]


def shown(page: Any, within: Any, selector: str) -> list[float]:
    """The first number of each element."""
    return [numbers(page, text)[0] for text in within.locator(selector).all_inner_texts()]


def told(factory: Factory, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in query(factory, sql, lambda: plant.NOW)]


def test_the_panel(page: Any, factory: Factory) -> None:
    page.goto("/")
    facts = told(
        factory,
        f"""SELECT machine, round(100 * oee, 1), good, scrap, rework FROM (
            SELECT machine, sum(ideal_ms_good) / sum(planned_ms - planned_down_ms - unknown_ms) AS oee
            FROM kpi.oee WHERE {SHIFT} AND shift IS NOT NULL GROUP BY machine
        ) JOIN (
            SELECT machine, coalesce(sum(pieces) FILTER (quality = 'good'), 0) AS good,
                   coalesce(sum(pieces) FILTER (quality = 'scrap'), 0) AS scrap,
                   coalesce(sum(pieces) FILTER (quality = 'rework'), 0) AS rework
            FROM gold.production WHERE {SHIFT} GROUP BY machine
        ) USING (machine)""",
    )
    assert len(facts) == page.locator(".card").count() == 5
    for machine, *numbers_of_sql in facts:
        card = page.locator(".card", has=page.locator("h3", has_text=machine))
        assert shown(page, card, ".kpi dd") + shown(page, card, ".small dd")[:2] == numbers_of_sql, machine


def test_a_line_of_the_panel(page: Any, factory: Factory) -> None:
    page.goto("/")
    for line in ("L1", "L2"):
        of = [one.machine for one in factory.machines.values() if one.line == line]
        names = ", ".join(f"'{one}'" for one in of)
        (times,) = told(
            factory,
            f"""SELECT round(100 * sum(ideal_ms_good) / sum(planned_ms - planned_down_ms - unknown_ms), 1)
                FROM kpi.oee WHERE {SHIFT} AND shift IS NOT NULL AND machine IN ({names})""",
        )
        (made,) = told(
            factory,
            f"SELECT sum(pieces) FROM gold.production WHERE {SHIFT} AND quality = 'good' AND machine IN ({names})",
        )
        head = page.locator(".line > h2", has_text=line)
        assert shown(page, head, ".sum b") == [*times, *made]


def test_files_by_hour(page: Any, factory: Factory) -> None:
    for address, days in ((f"/completeness?day={DAY}", 0), (f"/completeness/week?day={DAY}", 6)):
        page.goto(address)
        facts = told(
            factory,
            f"""SELECT status, count(*) FROM gold.completeness
                WHERE production_day BETWEEN DATE '{DAY}' - {days} AND DATE '{DAY}' GROUP BY status""",
        )
        chips = classes(page.locator("#counts li"))
        assert {f"h-{status}": count for status, count in facts} == dict(
            zip(chips, shown(page, page, "#counts li"), strict=True)
        )
    page.goto(f"/completeness?day={DAY}")
    facts = told(factory, f"SELECT status, count(*) FROM gold.completeness WHERE {SHIFT} GROUP BY status")
    for status, count in facts:
        assert page.locator(f".cell.h-{status}").count() == count


def classes(elements: Any) -> list[str]:
    found: list[str] = elements.evaluate_all("(all) => all.map((one) => one.className)")
    return found


def test_the_quarantine(page: Any, factory: Factory) -> None:
    page.goto("/quarantine")
    facts = told(
        factory,
        """SELECT reason, count(*), count(DISTINCT file_sha256), bool_and(row_no IS NULL) FROM silver.quarantine
           WHERE status = 'open' GROUP BY reason""",
    )
    assert len(facts) == page.locator(".cause").count() > 3
    for reason, count, files, whole in facts:
        mark = page.locator(f"#cause-{reason} .why .marks").inner_text()
        assert numbers(page, mark) == [count] if whole else [count, files], reason
    for reason, machine, count in told(
        factory,
        "SELECT reason, machine, count(*) FROM silver.quarantine WHERE status = 'open' GROUP BY ALL ORDER BY ALL",
    ):
        page.goto(f"/quarantine?machine={machine}&reason={reason}")
        assert page.locator(".asides.opened > li").count() == count


def test_stock(page: Any, factory: Factory) -> None:
    page.goto("/stock")
    states = dict(told(factory, "SELECT state, count(*) FROM gold.stock_declarations GROUP BY state"))
    assert states["rejected"] > 0
    for state in ("prepared", "acknowledged", "rejected", "unknown"):
        assert shown(page, page, f".t-{state} dd") == [states.get(state, 0)], state
    finished = ", ".join(f"'{one.machine}'" for one in factory.machines.values() if one.stock == "finished")
    facts = told(
        factory,
        f"""SELECT product, sum(pieces) FROM gold.production WHERE {SHIFT} AND quality = 'good'
            AND machine IN ({finished}) GROUP BY product ORDER BY product""",
    )
    declared = dict(
        told(
            factory,
            f"""SELECT product, sum(pieces) FROM gold.stock_declarations JOIN (
                    SELECT min(hour) AS first, max(hour) AS last FROM gold.production
                    WHERE {SHIFT} AND machine IN ({finished})
                ) ON hour BETWEEN first AND last
                WHERE quality = 'good' AND machine IN ({finished}) GROUP BY product""",
        )
    )
    rows = page.locator(".figures").first.locator("tbody tr:not(.because)")
    assert [product for product, _ in facts] == [text.split()[0] for text in rows.locator("th").all_inner_texts()]
    for number, (product, made) in enumerate(facts):
        assert shown(page, rows.nth(number), "td:nth-child(-n+3)") == [made, declared.get(product, 0)], product


def test_stock_on_hand_is_the_stock_systems(page: Any, factory: Factory) -> None:
    from aponta.ship.destinations import open_destination

    (destination,) = factory.settings.stock
    held = open_destination(destination, factory.stock_url(destination), factory.folder).on_hand()
    page.goto("/stock")
    table = page.locator("[aria-labelledby^=held-] table")
    table.wait_for()
    places = table.locator("thead th").all_inner_texts()[1:]
    found = {}
    for row in table.locator("tbody tr").all():
        code = row.locator("th").inner_text().split()[0]
        for place, text in zip(places, row.locator("td").all_inner_texts(), strict=True):
            found |= {(code, place): numbers(page, text)[0]} if text else {}
    assert found == {(code, place): float(quantity) for code, place, quantity in held}
