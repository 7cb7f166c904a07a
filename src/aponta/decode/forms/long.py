"""One value a row: a tag and its value in columns between delimiters; `rows.carried` makes records of them."""

from aponta.decode.forms.delimited import cut

__all__ = ["cut"]
