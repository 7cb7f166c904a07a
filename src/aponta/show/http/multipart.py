"""The one file of a request, piece by piece: the plain body, or a part of a form."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from aponta.errors import ConfigError


async def file_pieces(request: Request, name: str | None) -> AsyncIterator[tuple[str, bytes]]:
    """Pieces of the file: (name, bytes); for an empty file its name and b"". name: of a file that is the plain body.

    Raises ConfigError `show.no_file_sent`, `show.two_files_sent`.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind == b"multipart/form-data":
        form = _Form(options.get(b"boundary", b""))
        async for data in request.stream():
            for piece in form.feed(data):
                yield piece
        form.end()
    elif not name:
        raise ConfigError("show.no_file_sent")
    else:
        yield name, b""
        async for data in request.stream():
            yield name, data


@contextmanager
def _parser_errors() -> Iterator[None]:
    """Errors of the parser - of the form or its boundary - as an error of aponta."""
    try:
        yield
    except FormParserError:
        raise ConfigError("show.no_file_sent") from None


class _Form:
    def __init__(self, boundary: bytes) -> None:
        if not boundary:
            raise ConfigError("show.no_file_sent")
        self._field, self._value = b"", b""
        self._name: str | None = None  # of the part being read, where it is a file
        self._count, self._ended = 0, False
        self._pieces: list[tuple[str, bytes]] = []
        callbacks: Any = {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._data,
            "on_end": self._end,
        }
        logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # a bad form is answered, not logged
        with _parser_errors():
            self._parser = MultipartParser(boundary, callbacks)

    def feed(self, data: bytes) -> list[tuple[str, bytes]]:
        with _parser_errors():
            self._parser.write(data)
        if self._count > 1:
            raise ConfigError("show.two_files_sent")
        pieces, self._pieces = self._pieces, []
        return pieces

    def end(self) -> None:
        """Raises ConfigError `show.no_file_sent` for a form that was cut off."""
        if not self._ended:
            raise ConfigError("show.no_file_sent")

    def _begin(self) -> None:
        self._name = None

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            if b"filename" in options:
                self._name = options[b"filename"].decode("utf-8", "replace")
                self._count += 1
                self._pieces.append((self._name, b""))
        self._field, self._value = b"", b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._name is not None:
            self._pieces.append((self._name, data[start:end]))

    def _end(self) -> None:
        self._ended = True
