"""A mail server that delivers nowhere: what the CRM sends on a developer's machine or an embedded stack ends here."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import final

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP, Envelope, Session

from m3core.settings import SettingsError

__all__ = ["REFUSING", "keep_mail"]

#: Bytes; the CRM's own messages have a thousandth of that.
_LARGEST = 1_000_000
#: No mail to this domain is taken.
REFUSING = "refused.example"


def keep_mail(folder: Path, *, host: str, port: int) -> None:
    """Take mail until SIGTERM or SIGINT and keep it in ``folder``, a maildir.

    Port 0 takes a free one. Prints ``{"mailbox": "smtp://host:port"}`` on one line once it answers. Raises
    `SettingsError` for a folder that cannot be made and an address that cannot be had.
    """
    try:
        handler = _Kept(folder)
    except OSError as error:
        raise SettingsError(
            f"--folder {folder}: no maildir can be made there: {error.strerror}; give another"
        ) from None
    try:
        asyncio.run(_serve(handler, host=host, port=port))
    except OSError as error:
        text = f"{host}:{port} cannot be listened on: {error.strerror}; give another --host or --port (0: a free one)"
        raise SettingsError(text) from None


@final
class _Kept(Mailbox):
    """Keeps mail, and takes none for a domain that refuses all: so every way that an e-mail may go can be shown."""

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.lower().endswith(f"@{REFUSING}"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


async def _serve(handler: Mailbox, *, host: str, port: int) -> None:
    loop, ending = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    server = await loop.create_server(lambda: SMTP(handler, data_size_limit=_LARGEST, loop=loop), host, port)
    host, port = server.sockets[0].getsockname()[:2]
    print(json.dumps({"mailbox": f"smtp://{host}:{port}"}), flush=True)  # noqa: T201 - the command's answer
    await ending.wait()
    server.close()
