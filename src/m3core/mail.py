"""E-mail, by SMTP where a server is configured."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from email.utils import make_msgid
from typing import final
from urllib.parse import unquote, urlsplit

__all__ = ["Mailer"]

_FROM = "M3CoreCRM <crm@m3core.example>"
_SECONDS = 5.0


@final
class Mailer:
    """Sends e-mail; without a server's URL it only says that there is none."""

    def __init__(self, url: str | None) -> None:
        self._url = urlsplit(url) if url else None

    @property
    def sends(self) -> bool:
        """Whether there is a server to send by."""
        return self._url is not None

    def send(self, *, to: str, subject: str, text: str) -> None:
        """Send one message; raises `OSError` (smtplib's errors are such) when it was not taken."""
        if self._url is None:
            return
        message = EmailMessage()
        message["From"] = _FROM
        message["To"] = to
        message["Subject"] = subject
        message["Message-ID"] = make_msgid(domain="m3core.example")
        message.set_content(text)
        with smtplib.SMTP(self._url.hostname or "", self._url.port or 25, timeout=_SECONDS) as server:
            if self._url.username:
                server.starttls()
                server.login(unquote(self._url.username), unquote(self._url.password or ""))
            server.send_message(message)
