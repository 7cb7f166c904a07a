"""Takes the pictures of docs/images: the demo's factory, always the same one, at the same moment.

python tests/screenshots.py    (`make screenshots`)
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import plant
from browser import free_port, launched, new_page, up
from source import REPO

from aponta.show.site import all_pages

IMAGES = REPO / "docs" / "images"
LANGUAGE = "en"  # the docs'


@dataclass(frozen=True)
class Picture:
    address: str
    width: int
    height: int
    scheme: Literal["light", "dark"] = "light"
    of: str = ""  # the page's path, as declared, where it is not the address


PICTURES = {
    "panel": Picture("/", 1920, 900),
    "panel-dark": Picture("/", 1920, 900, "dark"),
    "panel-phone": Picture("/", 390, 780),
    "completeness": Picture("/completeness?day=2026-03-02", 1280, 720, of="/completeness"),
    "quarantine": Picture("/quarantine", 1280, 820),
    "stock": Picture("/stock", 1600, 900),
    "machine": Picture("/machines/M01", 1280, 900, of="/machines/{machine:path}"),
}


def taken() -> dict[str, Picture]:
    """Those of pages that there are."""
    pages = {page.path for page in all_pages()}
    return {name: one for name, one in PICTURES.items() if (one.of or one.address) in pages}


def take(browser: Any, url: str, name: str, one: Picture) -> None:
    size = {"width": one.width, "height": one.height}
    page = new_page(browser, base_url=url, viewport=size, color_scheme=one.scheme, reduced_motion="reduce")
    page.context.add_cookies([{"name": "language", "value": LANGUAGE, "url": url}])
    page.clock.set_fixed_time(plant.NOW)
    for _ in range(2):  # the first look is what a stock system is asked upon
        page.goto(one.address)
        for plot in page.locator(".plot").all():
            plot.locator("svg").wait_for(timeout=60_000)  # the script that draws is made first
        page.wait_for_timeout(1000)  # the stock system's answer
    page.screenshot(path=IMAGES / f"{name}.png")
    page.context.close()
    sys.stdout.write(f"docs/images/{name}.png\n")


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        factory = plant.make(Path(folder) / "demo")
        plant.work(factory)
        now = f"{plant.NOW.astimezone(factory.zone):%Y-%m-%dT%H:%M:%S}"
        with up(factory.folder, free_port(), "serve", "--now", now) as url, launched() as browser:
            for name, one in taken().items():
                take(browser, url, name, one)


if __name__ == "__main__":
    main()
