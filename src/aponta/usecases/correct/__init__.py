"""Corrections by a person: each one is previewed or recorded here, and a pass carries it out."""
