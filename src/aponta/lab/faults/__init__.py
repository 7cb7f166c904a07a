"""Faults between a machine and the landing folder, one in each file. Adding a fault is adding a file here."""

import pkgutil
from collections.abc import Iterable, Sequence
from importlib import import_module

from aponta.errors import ConfigError
from aponta.lab.delivery import Fault
from aponta.lab.form import FileForm


def every_fault() -> dict[str, Fault]:
    """Every fault of these folders, by its name, in the order of their names."""
    modules = [module.name for module in pkgutil.walk_packages(__path__, f"{__name__}.") if not module.ispkg]
    faults: list[Fault] = [import_module(name).FAULT for name in modules]
    return {fault.name: fault for fault in sorted(faults, key=lambda fault: fault.name)}


def faults_named(names: Sequence[str]) -> list[Fault]:
    """The faults of these names, each once; "all" is every one. Raises ConfigError `lab.fault` for an unknown name."""
    known = every_fault()
    for name in names:
        if name != "all" and name not in known:
            raise ConfigError("lab.fault", name=name, known=", ".join(known))
    return [fault for name, fault in known.items() if name in names or "all" in names]


def with_declared_faults(form: FileForm, faults: Iterable[Fault]) -> FileForm:
    """The form as its machines have it where these faults may befall them: some are declared in the layout."""
    for fault in faults:
        form = fault.form(form) if fault.suits(form) else form
    return form
