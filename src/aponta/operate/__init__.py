"""When the pipeline runs, and by whom it is started."""
