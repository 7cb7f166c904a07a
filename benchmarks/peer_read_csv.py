"""The baseline of decoding: DuckDB's read_csv, told every column and format, into a table in memory."""

import resource
import sys
import time

import duckdb

folder, threads = sys.argv[1], int(sys.argv[2])
connection = duckdb.connect(config={"threads": threads})
since = time.perf_counter()
connection.execute(
    f"""
    CREATE TABLE records AS SELECT * FROM read_csv('{folder}/*.txt', delim = ';', quote = '', escape = '',
        header = false, auto_detect = false, decimal_separator = ',', timestampformat = '%d/%m/%Y %H:%M:%S.%g',
        columns = {{'machine': 'VARCHAR', 'counter': 'BIGINT', 'produced_at': 'TIMESTAMP', 'product': 'VARCHAR',
        'quality': 'VARCHAR', 'cycle': 'DOUBLE', 'temperature_c': 'DOUBLE', 'vibration_mm_s': 'DOUBLE'}})
    """
)
seconds = time.perf_counter() - since
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
