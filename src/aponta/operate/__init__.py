"""Operation of the pipeline: when it runs, and who starts it."""
