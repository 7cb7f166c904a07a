"""A hundred good pieces of an hour, as they are said to a stock system; tests say others by changing it."""

from datetime import UTC, datetime
from decimal import Decimal

from aponta.contract.stock.sink import Declaration

HOUR = datetime(2026, 3, 2, 10, tzinfo=UTC)
ONE = Declaration(
    key="SP1:M1:P:20260302T10:good:1",
    machine="M1",
    product="P",
    stock_code="SKU-P",
    hour=HOUR,
    quality="good",
    revision=1,
    pieces=100,
    quantity=Decimal(100),
    unit="pc",
    location="SP1/finished",
    booked_on=HOUR.date(),
)
