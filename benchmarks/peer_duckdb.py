"""The baseline of the week: DuckDB reads the same files and writes them as Parquet, typed, by date. Nothing else."""

import sys

import duckdb

landing, target = sys.argv[1], sys.argv[2]
connection = duckdb.connect(config={"threads": 2})
connection.execute(
    f"""
    COPY (
        SELECT machine, counter, strptime(produced_at, '%d/%m/%Y %H:%M:%S.%g') AS produced_at, product, quality,
               cycle, temperature_c, vibration_mm_s, strptime(produced_at, '%d/%m/%Y %H:%M:%S.%g')::DATE AS date
        FROM read_csv('{landing}/**/*.txt', delim = ';', header = false, comment = '#', decimal_separator = ',',
            auto_detect = false, ignore_errors = true, quote = '', columns = {{'machine': 'VARCHAR', 'counter':
            'BIGINT', 'produced_at': 'VARCHAR', 'product': 'VARCHAR', 'quality': 'VARCHAR', 'cycle': 'DOUBLE',
            'temperature_c': 'DOUBLE', 'vibration_mm_s': 'DOUBLE'}})
    ) TO '{target}/items' (FORMAT parquet, PARTITION_BY (date), OVERWRITE_OR_IGNORE true)
    """
)
