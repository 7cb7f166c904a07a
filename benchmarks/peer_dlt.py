"""The peer of the hour: dlt loads the same files into a Delta table. No identity, no shifts, no KPIs, no stock.

By either of its own readers: `read_csv`, or `read_csv_duckdb`, which hands Arrow tables on.
"""

import sys

import dlt
from dlt.sources.filesystem import filesystem, read_csv, read_csv_duckdb

COLUMNS = ["machine", "counter", "produced_at", "product", "quality", "cycle_s", "temperature_c", "vibration_mm_s"]
AS_WRITTEN = {"sep": ";", "comment": "#", "decimal": ",", "names": COLUMNS}

landing, target, reader = sys.argv[1:]
if reader == "read_csv":
    rows = read_csv(header=None, encoding="cp1252", **AS_WRITTEN)
else:
    rows = read_csv_duckdb(use_pyarrow=True, header=False, ignore_errors=True, **AS_WRITTEN)
items = (filesystem(landing, file_glob="*.txt") | rows).with_name("items")
items.apply_hints(table_format="delta")
destination = dlt.destinations.filesystem(f"{target}/lake")
dlt.pipeline("peer", destination=destination, dataset_name="hour", pipelines_dir=target).run(items)
