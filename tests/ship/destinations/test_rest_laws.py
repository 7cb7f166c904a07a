"""The laws of every stock system, on Lambda ERP's real server, through the description in examples/stock."""

import lambda_server
import pytest

from aponta.config.sections.stock import StockSection
from ship.conformance import LawsOfOneThatRefuses, System

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # a server is set up in the first one's time
WAREHOUSES = ("finished", "scrap")


@pytest.fixture(scope="module")
def with_warehouses(lambda_erp):
    for name in WAREHOUSES:
        lambda_erp.warehouse(name)
    return lambda_erp


class TestLambdaErp(LawsOfOneThatRefuses):
    test_we_are_killed_while_posting = None  # it would be while we sign in, which is slow here: see test_rest.py

    @pytest.fixture
    def system(self, with_warehouses, monkeypatch):
        with_warehouses.empty()
        monkeypatch.setenv("LAMBDA_PASSWORD", lambda_server.PASSWORD)
        values = {"company": lambda_server.COMPANY, "user": lambda_server.USER, "password": "env:LAMBDA_PASSWORD"}
        rest = {"description": lambda_server.DESCRIPTION.name, "values": values}
        section = StockSection.model_validate({"kind": "rest", "url": with_warehouses.url, "rest": rest})
        return System(section, with_warehouses.url, lambda_server.DESCRIPTION.parent)
