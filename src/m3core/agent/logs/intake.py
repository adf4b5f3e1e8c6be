"""Datadog's log intake, version 2.

[docs.datadoghq.com/api/latest/logs, "Send logs"]
"""

from __future__ import annotations

import gzip
import logging
import random
import threading
from collections.abc import Sequence
from typing import final

import httpx

__all__ = ["MOST_BYTES", "MOST_LOGS", "LogIntake"]

#: The limits of one request, before it is compressed.
MOST_LOGS = 1000
MOST_BYTES = 5_000_000
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_TRY_AGAIN = frozenset({408, 429})
_log = logging.getLogger(__name__)


@final
class LogIntake:
    """Sends batches, each until it is accepted or refused for good. Counts what is lost."""

    def __init__(self, url: str, *, api_key: str) -> None:
        self._url = f"{url.rstrip('/')}/api/v2/logs"
        self._client = httpx.Client(
            headers={"DD-API-KEY": api_key, "Content-Type": "application/json", "Content-Encoding": "gzip"}, timeout=10
        )
        self._away = self._refused = False
        self.sent = self.lost = 0

    def send(self, batch: Sequence[bytes], ending: threading.Event) -> None:
        """Send logs; while the intake is away, wait for it and try again. After ``ending`` it is tried once more."""
        body = gzip.compress(b"[" + b",".join(batch) + b"]", compresslevel=5)
        pause = _FIRST_PAUSE
        while True:
            problem = self._try(batch, body)
            if problem is None:
                return
            if not self._away:
                _log.warning("logs are not shipped yet: %s; they wait in their files", problem)
            self._away = True
            # Apart from each other, so that all agents do not come back in the same moment.
            if ending.wait(pause * random.uniform(0.5, 1.0)):  # noqa: S311 - not a secret
                problem = self._try(batch, body)
                if problem is not None:
                    self._lose(batch, problem)
                return
            pause = min(2 * pause, _LONGEST_PAUSE)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _try(self, batch: Sequence[bytes], body: bytes) -> str | None:
        """Send once; return why it is to be tried again, or None when that is settled."""
        try:
            answer = self._client.post(self._url, content=body)
        except httpx.HTTPError as error:
            return f"{self._url}: {error!r}"
        said = f"{self._url} answered {answer.status_code} {answer.text[:200]}"
        if answer.status_code in _TRY_AGAIN or answer.status_code >= 500:
            return said
        if answer.is_success:
            self.sent += len(batch)
            if self._away or self._refused:
                _log.info("logs are shipped again; lost so far: %d", self.lost)
            self._away = self._refused = False
        else:
            self._lose(batch, said)
        return None

    def _lose(self, batch: Sequence[bytes], why: str) -> None:
        self.lost += len(batch)
        if not self._refused:
            # Once for an outage: this line is shipped as well.
            _log.error("logs are lost: %s; lost so far: %d", why, self.lost, extra={"logs_lost": self.lost})
        self._refused = True
