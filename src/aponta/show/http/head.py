"""HEAD is answered as GET is, without the body: monitoring and link checkers use it."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENDLESS = "/events"  # its answer never ends, so that its head cannot be answered alone


class HeadAsGet:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"] == ENDLESS:
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
            elif not message.get("more_body", False):
                await send({"type": "http.response.body", "body": b""})

        as_get = {**scope, "method": "GET"}  # a copy: the server decides by the original's method to send no body
        try:
            await self.app(as_get, receive, answer)
        finally:
            scope["route"] = as_get.get("route")  # requests are counted by it
