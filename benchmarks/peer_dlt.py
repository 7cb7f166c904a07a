"""The peer of the hour: dlt loads the same files into a Delta table. No identity, no shifts, no KPIs, no stock."""

import sys
from pathlib import Path

import dlt
import pandas as pd
from dlt.sources.filesystem import filesystem

COLUMNS = ["machine", "counter", "produced_at", "product", "quality", "cycle_s", "temperature_c", "vibration_mm_s"]


@dlt.transformer(table_format="delta")
def rows(items):  # type: ignore[no-untyped-def]
    for item in items:
        with item.open() as file:
            yield pd.read_csv(
                file, sep=";", names=COLUMNS, comment="#", decimal=",", encoding="cp1252", dtype_backend="pyarrow"
            )


landing, target = Path(sys.argv[1]), Path(sys.argv[2])
pipeline = dlt.pipeline(
    "peer",
    destination=dlt.destinations.filesystem(str(target / "lake")),
    dataset_name="hour",
    pipelines_dir=str(target),
)
pipeline.run((filesystem(str(landing), file_glob="*.txt") | rows).with_name("items"))
