"""From the texts of a row to numbers, times and typed columns."""
