"""records -> facts -> KPIs. Pure functions on narwhals frames, no input or output, the same on every engine.

One file a table: its declaration (`TABLE`) and the function that makes it. `sequence` puts items in order, for all
that depends on neighbours. In frames times are integer microseconds since 1970 (UTC) and dates are text: see
`contract.lake`.
"""
