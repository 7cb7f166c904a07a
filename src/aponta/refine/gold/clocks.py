"""gold.clocks: how far each machine's clock was from the files' own time lately, and how steadily. A view, derived when
it is read.

`skew_ms` is the median of `silver.files.skew_ms` over a machine's newest 48 files that were not duplicates: last item
minus the file's own time. Positive: the clock is ahead (a machine cannot make an item after the file was written).
Negative: it is behind, or the machine writes its file so long after the last item. `jitter_ms` is the spread of these
numbers, the 90th percentile minus the 10th: one odd file in ten moves it by nothing; one that wanders, or is set by
hand, by minutes. A machine that stands at the end of its hours has a jitter too.
"""

NAME = "gold.clocks"
AHEAD_MS = 60_000  # a clock that is so far ahead of the file's own time is wrong
WINDOW = 48  # files: about four days of one shift
COLUMNS = (
    ("machine", "as in machines.csv"),
    ("files", "how many files skew and jitter are taken from"),
    ("skew_ms", "median of last item minus the file's own time, whole milliseconds"),
    ("jitter_ms", "90th percentile minus 10th of the same, whole milliseconds"),
    ("rebuilt", "records of these files whose time was rebuilt"),
)
VIEW = f"""
SELECT machine, count(skew_ms) AS files, quantile_disc(skew_ms, 0.5) AS skew_ms,
       quantile_disc(skew_ms, 0.9) - quantile_disc(skew_ms, 0.1) AS jitter_ms, sum(rebuilt)::BIGINT AS rebuilt
FROM (SELECT machine, skew_ms, rebuilt, row_number() OVER (PARTITION BY machine ORDER BY arrival DESC) AS place
      FROM silver.files WHERE machine IS NOT NULL AND records > 0 AND status <> 'duplicate')
WHERE place <= {WINDOW} GROUP BY machine"""
