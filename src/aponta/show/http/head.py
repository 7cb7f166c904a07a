"""HEAD is answered as GET is, without the body: monitoring and those who check links ask so."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENDLESS = "/events"  # its answer never ends: there is no telling its head alone


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

        asked = {**scope, "method": "GET"}  # a copy: the server looks at the method of its own to send no body
        try:
            await self.app(asked, receive, answer)
        finally:
            scope["route"] = asked.get("route")  # which requests are counted by
