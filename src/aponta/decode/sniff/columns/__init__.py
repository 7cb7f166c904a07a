"""Which column is what: the time, the counter, the product, the quality, the cycle, sensors."""
