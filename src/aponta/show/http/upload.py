"""POST /api/files: a machine sends a file, authorized by its token. The file is written to disk as it arrives, never
whole in memory.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from aponta.contract.pages.inbox import Inbox, IncomingFile
from aponta.errors import ConfigError
from aponta.ops.log import Log
from aponta.show.access import tokens
from aponta.show.access.attempts import Attempts
from aponta.show.access.guard import UPLOAD_PATH
from aponta.show.context import PageContext
from aponta.show.http.failure import ErrorAnswer
from aponta.show.http.multipart import file_pieces

LARGEST_MB = 256
PIECE = 1 << 20  # bytes written at once
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
    """A file that was received: it is on this computer's disk, and in the tables with the next pass."""

    name: str
    sha256: str = Field(description="of its bytes: compare it with your own")
    size: int = Field(description="bytes")
    known: bool = Field(description="the same bytes came before under this name, nothing more is done with it")


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": UploadAnswer},
    **{status: {"model": ErrorAnswer} for status in (400, 401, 403, 413, 429, 507)},
}


def router(context: PageContext, inbox: Inbox, log: Log) -> APIRouter:
    """The address for uploads. The guard lets it through: a token alone identifies the sender."""
    routes, attempts = APIRouter(tags=["files"]), Attempts()

    async def sender(request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token, address = token.strip(), request.client.host if request.client else ""
        if scheme.lower() != "bearer" or not token:
            raise ConfigError("show.no_token")
        machine = await run_sync(tokens.machine_of_token, context.engine, token, context.clock())
        if machine is None:
            wait = attempts.begin(token, address)
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
            stored = await run_sync(incoming.store)
        log.write("info", "file sent", machine=machine, file=stored.name, size=stored.size, known=stored.known)
        answer = UploadAnswer(name=stored.name, sha256=stored.sha256, size=stored.size, known=stored.known)
        return JSONResponse(answer.model_dump(), 200 if stored.known else 201)

    return routes


async def _received(
    pieces: AsyncIterator[tuple[str, bytes]], inbox: Inbox, machine: str, ending: AsyncExitStack
) -> IncomingFile:
    """The whole file, received and not stored yet."""
    incoming: IncomingFile | None = None
    buffer, size = bytearray(), 0
    try:
        async for name, data in pieces:
            if incoming is None:
                receiving = ExitStack()
                incoming = await run_sync(receiving.enter_context, inbox.receive(machine, name))
                ending.push_async_callback(run_sync, receiving.close)
            size += len(data)
            if size > LARGEST_MB * 2**20:
                raise ConfigError("show.too_large", most=LARGEST_MB)
            buffer += data
            if len(buffer) >= PIECE:
                await run_sync(incoming.write, bytes(buffer))
                buffer.clear()
    except ClientDisconnect:
        raise ConfigError("show.no_file_sent") from None
    if incoming is None:
        raise ConfigError("show.no_file_sent")
    await run_sync(incoming.write, bytes(buffer))
    return incoming
