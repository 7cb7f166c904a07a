"""Every speed claim of docs/reference/performance.md, as a command anyone can run: `make bench`, or `python -m
benchmarks hour`.

Ratios against a peer or a raw baseline in the same run, medians of several turns: never a single time.
"""
