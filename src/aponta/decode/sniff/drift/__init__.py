"""A file against the layout that no longer reads it: what has changed, and the next version of the layout."""
