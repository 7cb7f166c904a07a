"""Texts of a column: numbers, times, units, and the words that columns are called by."""
