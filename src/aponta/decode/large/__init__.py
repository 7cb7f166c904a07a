"""A file that does not fit into memory, read in pieces with the same result."""
