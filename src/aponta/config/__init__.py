"""The factory folder as typed values: read once, checked whole, passed down. `load(folder)` is the door."""

from aponta.config.factory import Factory, load
from aponta.config.master import IdealCycle, Machine, Product
from aponta.config.sections.source import SourceSection
from aponta.config.sections.stock import StockSection
from aponta.config.settings import Settings
from aponta.config.watcher import Latest

__all__ = ["Factory", "IdealCycle", "Latest", "Machine", "Product", "Settings", "SourceSection", "StockSection", "load"]
