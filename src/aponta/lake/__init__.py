"""Keeps the Delta tables and answers queries. One file per engine (`embedded`: DuckDB over delta-rs' files, no server).

open        the one door: a `Lake` at the versions that readers see
published   which versions of the tables belong together
schema      the columns that the tables of a folder lack
embedded    the engine; `delta` writes its tables' files and log, `tidy` merges them
cast        the gate of every write: what does not fit a column exactly is refused, for the libraries below would
            change it in silence
columns     values and columns as the engine has them; `where` conditions as SQL and as partitions
sql/        the SELECT of a person: bounded, and answered in a process of its own
"""
