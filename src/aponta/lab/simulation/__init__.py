"""A factory living through its days: the plant, its shifts, its machines, and the states they report."""
