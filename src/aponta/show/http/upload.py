"""POST /api/files: a machine sends a file, by its token. It goes to the disk as it comes, never whole into memory."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from aponta.contract.inbox import Inbox, IncomingFile
from aponta.errors import ConfigError
from aponta.ops.log import Log
from aponta.show.access import tokens
from aponta.show.access.attempts import Attempts
from aponta.show.access.guard import UPLOAD_PATH
from aponta.show.context import PageContext
from aponta.show.http.failure import ErrorAnswer
from aponta.show.http.multipart import file_pieces

LARGEST_MB = 256
PIECE = 1 << 20  # bytes that are written at once
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class UploadAnswer(BaseModel):
    """A file that was received: on this computer's disk, and in the tables with the next pass."""

    name: str
    sha256: str = Field(description="of its bytes: compare it with your own")
    size: int = Field(description="bytes")
    known: bool = Field(description="the same bytes came before under this name, nothing more is done with it")


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": UploadAnswer},
    **{status: {"model": ErrorAnswer} for status in (400, 401, 403, 413, 429, 507)},
}


def router(context: PageContext, inbox: Inbox, log: Log) -> APIRouter:
    """Whoever sends is known by a token alone: the guard lets this address through."""
    routes, attempts = APIRouter(tags=["files"]), Attempts()

    async def sender(request: Request) -> str:
        scheme, _, told = request.headers.get("authorization", "").partition(" ")
        told, address = told.strip(), request.client.host if request.client else ""
        if scheme.lower() != "bearer" or not told:
            raise ConfigError("show.no_token")
        machine = await run_sync(tokens.machine_of_token, context.engine, told, context.clock())
        if machine is None:
            wait = attempts.begin(told, address)
            log.write("warning", "file refused: wrong token", address=address)
            if wait:
                raise ConfigError("show.too_many_tokens", minutes=max(1, round(wait / 60)))
            raise ConfigError("show.wrong_token")
        return machine

    @routes.post(
        UPLOAD_PATH,
        status_code=201,
        response_model=UploadAnswer,
        openapi_extra=BODY,
        dependencies=[Depends(HTTPBearer(auto_error=False))],
        responses=ANSWERS,
        summary="Send a file of the machine whose token it is: in a form, or as it is with its name in the address.",
    )
    async def send(
        request: Request, name: Annotated[str | None, Query(description="of a file that is sent as it is")] = None
    ) -> Response:
        machine = await sender(request)
        if int(request.headers.get("content-length") or 0) > LARGEST_MB * 2**20 + PIECE:
            raise ConfigError("show.too_large", most=LARGEST_MB)
        async with AsyncExitStack() as ending:
            incoming = await _received(file_pieces(request, name), inbox, machine, ending)
            got = await run_sync(incoming.store)
        log.write("info", "file sent", machine=machine, file=got.name, size=got.size, known=got.known)
        told = UploadAnswer(name=got.name, sha256=got.sha256, size=got.size, known=got.known)
        return JSONResponse(told.model_dump(), 200 if got.known else 201)

    return routes


async def _received(
    pieces: AsyncIterator[tuple[str, bytes]], inbox: Inbox, machine: str, ending: AsyncExitStack
) -> IncomingFile:
    """The whole file, not kept yet."""
    incoming: IncomingFile | None = None
    held, size = bytearray(), 0
    try:
        async for name, data in pieces:
            if incoming is None:
                opened = ExitStack()
                incoming = await run_sync(opened.enter_context, inbox.receive(machine, name))
                ending.push_async_callback(run_sync, opened.close)
            size += len(data)
            if size > LARGEST_MB * 2**20:
                raise ConfigError("show.too_large", most=LARGEST_MB)
            held += data
            if len(held) >= PIECE:
                await run_sync(incoming.write, bytes(held))
                held.clear()
    except ClientDisconnect:
        raise ConfigError("show.no_file_sent") from None
    if incoming is None:
        raise ConfigError("show.no_file_sent")
    await run_sync(incoming.write, bytes(held))
    return incoming
