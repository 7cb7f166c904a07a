"""The truth about a simulated factory, computed apart from the pipeline, and its comparison with the tables."""
