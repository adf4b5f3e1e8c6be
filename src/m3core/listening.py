"""Answers HTTP until it is told to stop: what the API's process and the web's have in common."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Mapping
from typing import final

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["listen"]


def listen(app: ASGIApp, *, host: str, port: int, announced_as: str, beside: Mapping[str, str] | None = None) -> None:
    """Answer requests until SIGTERM or SIGINT.

    Port 0 takes a free one. Prints ``{"<announced_as>": "http://host:port"}`` on one line once it answers, and what
    stands ``beside`` it.
    """
    config = uvicorn.Config(
        _until_reported(app),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    # uvicorn raises the signal again after its own clean end; by then there is nothing left to stop.
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, lambda *_: None)
    _Announced(config, announced_as, beside or {}).run()


def _until_reported(app: ASGIApp) -> ASGIApp:
    """End an error's way up once the caller has an answer.

    By then it is logged and reported. If uvicorn saw it, it would log it again and cut the connection, and a
    caller's next request on that connection would fail for nothing.
    """

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        complete = False

        async def watch(message: Message) -> None:
            nonlocal complete
            await send(message)
            complete = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            await app(scope, receive, watch)
        except Exception:
            if not complete:
                raise

    return answered


@final
class _Announced(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, name: str, beside: Mapping[str, str]) -> None:
        super().__init__(config)
        self._name = name
        self._beside = beside

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for server in self.servers:
            host, port = server.sockets[0].getsockname()[:2]
            line = {**self._beside, self._name: f"http://{host}:{port}"}
            print(json.dumps(line), flush=True)  # noqa: T201 - the command's answer
