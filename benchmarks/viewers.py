"""The pages: each one's time at the server, and a hundred browsers that look at the panel while facts change."""

import asyncio
import os
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx

from benchmarks.measure import aponta, simulated

DAYS = [f"2026-03-{day:02d}" for day in range(2, 7)]
PAGES = ("/", "/machines/M01", "/completeness", "/quarantine", "/stock")
VIEWERS = 100
CHANGES = 5


def measure(work: Path) -> Iterator[str]:
    folder = simulated(work / "week15", "--machines", "15", "--days", "5", "--items-per-hour", "14500", "--seed", "9")
    if not (folder / "data").exists():
        subprocess.run(aponta("run", "-C", str(folder)), check=True, stdout=subprocess.DEVNULL)
    with _up(folder) as (url, process):
        _quiet(url)
        yield f"viewers aponta up, idle: {_resident_mb(process):.0f} MB"
        for page in PAGES:
            seconds = []
            with httpx.Client() as client:  # what a client costs to make is not the server's time
                client.get(f"{url}/health")
                for day in DAYS:
                    began = time.perf_counter()
                    client.get(f"{url}{page}?day={day}").raise_for_status()
                    seconds.append(time.perf_counter() - began)
            yield f"viewers {page}: {1000 * statistics.median(seconds):.0f} ms, not made before"
        waits = sorted(asyncio.run(_look(url, folder)))
        p95 = waits[int(len(waits) * 0.95)]
        middle = statistics.median(waits)
        yield f"viewers {VIEWERS} live, the panel after a change: median {middle:.2f} s, p95 {p95:.2f} s"
        yield f"viewers aponta up with {VIEWERS} viewers: {_resident_mb(process):.0f} MB"


@contextmanager
def _up(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    process = subprocess.Popen(aponta("up", "-C", str(folder), "--port", str(port)), stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                httpx.get(f"{url}/health", timeout=60)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _quiet(url: str) -> None:
    """What was loaded to begin is given back, and the first page has opened the tables."""
    httpx.get(url, timeout=60)
    time.sleep(15)


def _resident_mb(process: "subprocess.Popen[bytes]") -> float:
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


async def _look(url: str, folder: Path) -> list[float]:
    """Seconds from a change of the published facts until each viewer holds the new page."""
    changed = [0.0]
    waits: list[float] = []
    limits = httpx.Limits(max_connections=2 * VIEWERS + 10)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:

        async def viewer() -> None:
            pulse = None
            async with client.stream("GET", f"{url}/events") as stream:
                async for line in stream.aiter_lines():
                    if not line.startswith("data: "):
                        continue
                    missed, pulse = pulse not in (None, line), line
                    if missed and changed[0]:
                        (await client.get(url)).raise_for_status()
                        waits.append(time.perf_counter() - changed[0])

        viewers = [asyncio.create_task(viewer()) for _ in range(VIEWERS)]
        await asyncio.sleep(5)
        for number in range(1, CHANGES + 1):
            changed[0] = time.perf_counter()
            os.utime(folder / "data" / "lake" / "published.json")
            while len(waits) < number * VIEWERS and time.perf_counter() - changed[0] < 30:
                await asyncio.sleep(0.05)
            await asyncio.sleep(1)
        for one in viewers:
            one.cancel()
        await asyncio.gather(*viewers, return_exceptions=True)
    return waits
