"""The factory folder as typed values: read once, checked whole, passed down. `load(folder)` is the entrance.

factory        the whole configuration, checked as one
settings       aponta.toml
sections/      its tables: [[source]], [stock] and what belongs to it
master         machines.csv, products.csv, ideal_cycles.csv, and the file of a count
calendar_file  calendar.toml
rest_file      stock/NAME.toml: the document API of a stock system
toml_file      a TOML file into a model, with errors that name file and key
syntax, rule   errors of parsers and of pydantic in words of ours
secret         env:NAME and file:PATH
folder_name    names that a folder of tables may not have
watcher        the configuration for programs that run long
template/      the folder that `aponta init` makes
"""

from aponta.config.factory import Factory, load
from aponta.config.master import IdealCycle, Machine, Product
from aponta.config.sections.source import SourceSection
from aponta.config.sections.stock import StockSection
from aponta.config.settings import Settings
from aponta.config.watcher import ConfigWatcher

__all__ = [
    "ConfigWatcher",
    "Factory",
    "IdealCycle",
    "Machine",
    "Product",
    "Settings",
    "SourceSection",
    "StockSection",
    "load",
]
