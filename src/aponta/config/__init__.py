"""The factory folder as typed values: read once, checked whole, passed down. `load(folder)` is the door."""

from aponta.config.factory import Factory, load
from aponta.config.latest import Latest
from aponta.config.master import IdealCycle, Machine, Product
from aponta.config.settings import Settings
from aponta.config.source_section import SourceSection
from aponta.config.stock_section import StockSection

__all__ = ["Factory", "IdealCycle", "Latest", "Machine", "Product", "Settings", "SourceSection", "StockSection", "load"]
