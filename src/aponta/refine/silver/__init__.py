"""Source-conformed: the machines' records, each once, in order."""
