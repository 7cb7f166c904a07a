"""Times: clocks that run wrong, restart, or write days in another order."""
