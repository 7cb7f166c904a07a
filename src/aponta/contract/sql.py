"""Texts and names as SQL of the lake's engine."""


def text_sql(value: str) -> str:
    """A text literal."""
    return "'" + value.replace("'", "''") + "'"


def name_sql(name: str) -> str:
    """A quoted name of a table or a column."""
    return '"' + name.replace('"', '""') + '"'
