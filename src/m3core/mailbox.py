"""A mail server that delivers nowhere: what the CRM sends on a developer's machine or an embedded stack ends here."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP

__all__ = ["keep_mail"]

#: Bytes; the CRM's own messages have a thousandth of that.
_LARGEST = 1_000_000


def keep_mail(folder: Path, *, host: str, port: int) -> None:
    """Take mail until SIGTERM or SIGINT and keep it in ``folder``, a maildir.

    Port 0 takes a free one. Prints ``{"mailbox": "smtp://host:port"}`` on one line once it answers.
    """
    asyncio.run(_serve(folder, host=host, port=port))


async def _serve(folder: Path, *, host: str, port: int) -> None:
    loop, ending = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    handler = Mailbox(folder)
    server = await loop.create_server(lambda: SMTP(handler, data_size_limit=_LARGEST, loop=loop), host, port)
    host, port = server.sockets[0].getsockname()[:2]
    print(json.dumps({"mailbox": f"smtp://{host}:{port}"}), flush=True)  # noqa: T201 - the command's answer
    await ending.wait()
    server.close()
