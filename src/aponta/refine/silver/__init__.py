"""Source-conformed: what the machines said, once, in order."""
