"""Commands that run the pipeline and its pages: watch, serve, up, service."""
