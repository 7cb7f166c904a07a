"""The rows: broken, repeated, out of order, or with other columns."""
