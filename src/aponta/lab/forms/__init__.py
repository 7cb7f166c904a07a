"""Forms of the simulated machines' files, one in each module. Adding a form is adding a module and its layout."""

import pkgutil
from collections.abc import Sequence
from importlib import import_module

from aponta.errors import ConfigError
from aponta.lab.form import FileForm

USUAL = "press"


def every_form() -> dict[str, FileForm]:
    """Every form of this folder by its name: the case's press first, the others in the order of their names."""
    modules = (module.name for module in pkgutil.iter_modules(__path__))
    forms: list[FileForm] = [import_module(f"{__name__}.{name}").FORM for name in modules]
    return {form.name: form for form in sorted(forms, key=lambda form: (form.name != USUAL, form.name))}


def forms_named(names: Sequence[str]) -> list[FileForm]:
    """The forms of these names, each once; "all" is every one. Raises ConfigError `lab.layout` for an unknown name."""
    known = every_form()
    for name in names:
        if name != "all" and name not in known:
            raise ConfigError("lab.layout", name=name, known=", ".join(known))
    return [form for name, form in known.items() if name in names or "all" in names]
