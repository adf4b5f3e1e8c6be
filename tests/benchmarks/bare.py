"""The least that a Starlette application can do for an envelope: append its bytes to a file, and answer."""

from __future__ import annotations

import os

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

if __name__ == "__main__":
    file = os.open(os.environ["BARE_FILE"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def take(request: Request) -> JSONResponse:
        os.write(file, await request.body())
        return JSONResponse({})

    app = Starlette(routes=[Route("/api/{project_id}/envelope/", take, methods=["POST"])])
    # As fast as uvicorn is: httptools and uvloop, both of which are there.
    uvicorn.run(app, port=int(os.environ["BARE_PORT"]), access_log=False, log_level="error")
