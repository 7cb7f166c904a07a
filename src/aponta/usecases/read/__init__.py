"""Answers from the published tables and the operational database."""
