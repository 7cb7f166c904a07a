"""Pages of A4 as PDF."""
