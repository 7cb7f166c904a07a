"""A watcher that has nothing to do holds nothing: no engine, no lake, no more memory from look to look."""

import subprocess
import sys

import factory as small

IDLE = """
import gc, sys, tracemalloc
from pathlib import Path
from aponta.config import load
from aponta.pipeline.report import PassOptions
from aponta.pipeline.run import run_pass

factory = load(Path(sys.argv[1]))
idle = lambda: run_pass(factory, PassOptions(wait_for_young=False))
assert idle().counts.files["seen"] == 0
for _ in range(10):
    idle()
tracemalloc.start()
idle()
gc.collect()
before = tracemalloc.get_traced_memory()[0]
for _ in range(50):
    idle()
gc.collect()
print(tracemalloc.get_traced_memory()[0] - before)
print(*{"duckdb", "deltalake", "polars", "aponta.lake.embedded"} & sys.modules.keys())
"""


def test_an_idle_pass_loads_no_engine_and_keeps_no_memory(tmp_path):
    factory = small.make(tmp_path)
    for hour in range(2):
        small.deliver(factory, small.name("M01", hour), small.text("M01", small.steady(hour)))
    small.run(factory)
    done = subprocess.run([sys.executable, "-c", IDLE, tmp_path], capture_output=True, text=True, check=True)
    grown, loaded = done.stdout.split("\n")[:2]
    assert loaded == ""
    assert int(grown) < 100_000, "bytes, in fifty looks"
