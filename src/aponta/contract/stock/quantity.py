"""Quantities as text."""

from decimal import Decimal


def quantity_text(quantity: Decimal) -> str:
    """Plain digits, no exponent and no trailing zeros: 12.50 is 12.5, 1E+2 is 100."""
    return f"{quantity.normalize():f}"
