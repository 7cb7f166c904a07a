"""Requests that cannot be answered, as errors of aponta: what happened, what to do, and the status code."""

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from aponta.errors import ApontaError, ConfigError, ContractError, TransientError

STATUS = {ConfigError: 422, ContractError: 500, TransientError: 503}
BY_CODE = {
    "show.bad_request": 400,
    "show.no_file_sent": 400,
    "show.two_files_sent": 400,
    "pipeline.bad_file_name": 400,
    "show.not_signed_in": 401,
    "show.no_token": 401,
    "show.wrong_token": 401,
    "pipeline.not_its_file": 403,
    "show.other_origin": 403,
    "show.no_page": 404,
    "show.no_machine": 404,
    "show.unknown_machine": 404,
    "show.unknown_reason": 404,
    "pipeline.no_machine": 404,
    "pipeline.no_destination": 404,
    "show.no_method": 405,
    "show.too_large": 413,
    "show.unknown_host": 421,
    "show.too_many_tokens": 429,
    "ops.disk_full": 507,
}
LONGEST = 80  # characters of an address that an error repeats


class ErrorAnswer(BaseModel):
    """The API's answer to a request that fails."""

    error: str = Field(description="code, as in the reference of errors")
    what: str = Field(description="what happened, in the reader's language")
    do: str = Field(description="what to do next")


def status_of(error: ApontaError) -> int:
    """The HTTP status of an error: by its code, else by its family."""
    family = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)
    return BY_CODE.get(error.code, family)


def to_aponta_error(error: Exception, path: str) -> ApontaError:
    """An exception of the web framework as an error that has words. path: of the request."""
    if isinstance(error, ApontaError):
        return error
    if isinstance(error, RequestValidationError):
        wrong = error.errors()[0]
        where, *fields = wrong["loc"]
        if where == "body" and (not fields or wrong["type"] == "json_invalid"):
            return ConfigError("show.bad_request", path=_short(path))
        is_missing = wrong["type"] == "missing" or wrong.get("input") is None
        return ConfigError(
            "show.bad_field" if where == "body" else "show.bad_value",
            name=_short(next((field for field in fields if isinstance(field, str)), where)),
            value="-" if is_missing else _short(wrong["input"]),
        )
    status = error.status_code if isinstance(error, HTTPException) else 400
    if status == 404:
        return ConfigError("show.no_page", path=_short(path))
    if status == 405:
        return ConfigError("show.no_method", path=_short(path))
    return ConfigError("show.bad_request", path=_short(path))


def escape_surrogates(text: str) -> str:
    """Half characters, which JSON can carry and UTF-8 cannot, as escapes: \\ud800."""
    return text.encode(errors="backslashreplace").decode()


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
