"""Sends the request that sets a flag or puts it back."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from alertproof.addresses import is_loopback
from alertproof.errors import FaultError
from alertproof.requirements import HttpChange

__all__ = ["filled", "require_secrets", "send"]

_NAME = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_TIMEOUT = 10.0


def send(change: HttpChange, *, environment: Mapping[str, str] = os.environ) -> None:
    """Send it once; raises `FaultError` where it is not answered well, and where a secret is not set.

    The message has neither the query of the address nor what was answered: either may hold a secret.
    """
    parts = urlsplit(change.url)
    said = f"{change.method} {parts.scheme}://{parts.hostname}{parts.path}"
    headers = {name: filled(value, environment) for name, value in change.headers.items()}
    body = {} if change.body is None else {"json": change.body}
    try:
        with httpx.Client(timeout=_TIMEOUT, trust_env=not is_loopback(change.url)) as client:
            answer = client.request(change.method, change.url, headers=headers, **body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FaultError(f"{said} was not answered: {type(error).__name__}; look at alertproof.toml") from None
    if not answer.is_success:
        raise FaultError(f"{said} was answered {answer.status_code}; look at the request in alertproof.toml")


def require_secrets(change: HttpChange, *, environment: Mapping[str, str] = os.environ) -> None:
    """Raise `FaultError` where a secret that the request needs is not set; nothing is sent."""
    for value in change.headers.values():
        filled(value, environment)


def filled(value: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return a header's value with each ``$NAME`` filled in; raises `FaultError` for one that is not set."""
    missing = next((name for name in _NAME.findall(value) if not environment.get(name)), None)
    if missing is not None:
        raise FaultError(f"a header's value holds ${missing}; set {missing} in the environment")
    return _NAME.sub(lambda found: environment[found[1]], value)
