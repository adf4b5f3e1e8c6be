"""A TLS server that answers each connection once, after a delay, and says how long that really was."""

from __future__ import annotations

import asyncio
import ssl
import sys
import time
from pathlib import Path

import trustme

if __name__ == "__main__":
    ca_file, delay = Path(sys.argv[1]), float(sys.argv[2])
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            began = time.monotonic()
            await asyncio.sleep(delay)
            took = time.monotonic() - began
            head = f"HTTP/1.1 200 OK\r\nX-Delayed: {took:.6f}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + b"{}")
            await writer.drain()
            writer.close()
        except (OSError, asyncio.IncompleteReadError):
            writer.close()  # whoever asked has gone

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context, backlog=500)
        authority.cert_pem.write_to_path(ca_file)
        print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
        await server.serve_forever()

    asyncio.run(serve())
