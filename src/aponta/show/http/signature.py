"""An address takes what `load` of a page or a chart takes: its parameters after the context, typed."""

import inspect
from collections.abc import Callable
from typing import Any

from fastapi import Request


def with_parameters_of(
    load: Callable[..., Any], answer: Callable[..., Any], name: str, returns: Any = None
) -> Callable[..., Any]:
    """`answer`, which takes the request first, with the parameters of `load` after it: FastAPI reads and checks them.
    returns: the type of the answer, where it is not that of `load`.
    """
    loads = inspect.signature(load, eval_str=True)
    request = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)
    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in list(loads.parameters.values())[1:]]
    signature = inspect.Signature([request, *parameters], return_annotation=returns or loads.return_annotation)
    answer.__signature__ = signature  # type: ignore[attr-defined]
    answer.__name__ = name
    return answer
