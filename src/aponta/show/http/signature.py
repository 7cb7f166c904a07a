"""Addresses say what `load` of a page or a chart takes: its parameters after the context, typed."""

import inspect
from collections.abc import Callable
from typing import Any

from fastapi import Request


def with_parameters_of(
    answer: Callable[..., Any], name: str, load: Callable[..., Any], returns: Any = None
) -> Callable[..., Any]:
    """`answer`, with the parameters of `load`: the address is read and checked by them. returns: what it answers where
    it takes the request, too; else it answers what `load` does.
    """
    told = inspect.signature(load, eval_str=True)
    taken = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in list(told.parameters.values())[1:]]
    own = [inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)] if returns else []
    signature = inspect.Signature([*own, *taken], return_annotation=returns or told.return_annotation)
    answer.__signature__ = signature  # type: ignore[attr-defined]
    answer.__name__ = name
    return answer
