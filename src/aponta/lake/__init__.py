"""Keeps the Delta tables and answers queries. One file per engine (`embedded`: DuckDB over delta-rs' files, no server).

Every write passes `cast`: what does not fit a column exactly is refused, for the libraries below would change it in
silence. `gate` and `query` bound the SQL of people.
"""
