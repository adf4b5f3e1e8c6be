"""Strikes secrets out of what a failed journey leaves behind, byte for byte. Pure but for reading and writing a zip.

A secret is struck out as it is, percent-encoded, escaped for JSON and HTML, and in base64 at any offset. Pictures are
left as they are.
"""

from __future__ import annotations

import base64
import html
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, final
from urllib.parse import quote, quote_plus, unquote

from alertproof.errors import Broken

__all__ = ["Redactor", "redact_trace", "secrets_of_headers", "secrets_of_trace"]

STRUCK = "***"
#: Shorter ones cannot be struck out without striking out half of everything else.
SHORTEST = 4
#: Headers whose values are credentials, and names of fields that say so themselves.
_HEADERS = {"authorization", "cookie", "proxy-authorization", "set-cookie"}
_TELLING = re.compile(r"passw(or)?d|passphrase|secret|token|api[-_]?key|credential|authorization", re.IGNORECASE)
#: The members of a trace that are a JSON value a line.
_LINES = (".trace", ".network", ".stacks")
#: The attribute under which a snapshot in a trace keeps what is typed into a field.
_TYPED = "__playwright_value_"


@final
class Redactor:
    """Replaces every form of the secrets by ``***``."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {secret for secret in secrets if secret}
        #: Secrets that are too short to be struck out of a whole trace.
        self.too_short = any(len(secret) < SHORTEST for secret in known)
        forms = {form for secret in known if len(secret) >= SHORTEST for form in _forms(secret)} - {""}
        ordered = sorted(forms, key=len, reverse=True)  # the longest first: one secret may begin another
        self._text = re.compile("|".join(map(re.escape, ordered))) if ordered else None
        self._raw = re.compile("|".join(map(re.escape, ordered)).encode()) if ordered else None

    def text(self, text: str) -> str:
        """Return a text without the secrets."""
        return self._text.sub(STRUCK, text) if self._text else text

    def raw(self, raw: bytes) -> bytes:
        """Return bytes without the secrets."""
        return self._raw.sub(STRUCK.encode(), raw) if self._raw else raw


def _forms(secret: str) -> Iterator[str]:
    """Yield each way in which browsers, servers and traces write a text."""
    written = {secret, *_in_html(secret)}
    for _ in range(2):  # in JSON, and in JSON inside of JSON
        written |= {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for text in written for ascii_only in (True, False)}
    yield from written
    percent = {
        quote(secret),
        quote(secret, safe=""),
        quote(secret, safe="!'()*"),  # encodeURIComponent
        quote_plus(secret),
        quote_plus(secret, safe="*").replace("~", "%7E"),  # a form
    }
    yield from percent
    yield from (re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), text) for text in percent)
    raw = secret.encode(errors="surrogatepass")
    # Base64 of a text inside a longer one depends on the offset modulo 3; the ends are cut where neighbours mix in.
    for pad in range(3):
        whole = base64.b64encode(b"\0" * pad + raw).decode()
        piece = whole[-(-pad * 8 // 6) : (pad + len(raw)) * 8 // 6]
        yield from (piece, piece.replace("+", "-").replace("/", "_"))


def _in_html(text: str) -> Iterator[str]:
    inner = html.escape(text, quote=False)
    yield inner
    yield html.escape(text)
    yield inner.replace('"', "&quot;")  # browsers, in an attribute
    yield text.replace("&", "&amp;").replace('"', "&quot;")  # older ones
    yield inner.replace('"', "&#34;").replace("'", "&#39;")  # Jinja


def secrets_of_trace(path: Path) -> set[str]:
    """Return what a trace holds of credentials: in headers, cookies and fields whose name says what they are.

    Raises `Broken` for a trace that cannot be read.
    """
    found: set[str] = set()
    try:
        with zipfile.ZipFile(path) as trace:
            for name in trace.namelist():
                for value in _values(name, trace.read(name)):
                    found |= {*_credentials(value)}
    except (json.JSONDecodeError, zipfile.BadZipFile, RecursionError) as error:
        raise _not_kept(error) from error
    return {form for secret in found for form in (secret, unquote(secret)) if len(form) >= SHORTEST}


def secrets_of_headers(headers: Mapping[str, str]) -> set[str]:
    """Return the credentials in a request's headers."""
    pairs = ({"name": name, "value": value} for name, value in headers.items())
    found = {secret for pair in pairs if _is_credential(pair) for secret in _bare(pair["name"].lower(), pair["value"])}
    return {secret for secret in found if len(secret) >= SHORTEST}


def redact_trace(source: Path, to: Path, redactor: Redactor) -> None:
    """Write the trace ``source`` without the secrets to ``to``, every member of it.

    Raises `Broken` for a trace that cannot be read; nothing is written then.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(source) as before, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as after:
            for name in before.namelist():
                raw = before.read(name)
                after.writestr(name, _redact_lines(raw, redactor) if name.endswith(_LINES) else redactor.raw(raw))
    except (json.JSONDecodeError, zipfile.BadZipFile, RecursionError) as error:
        to.unlink(missing_ok=True)
        raise _not_kept(error) from error


def _not_kept(error: Exception) -> Broken:
    return Broken(f"the trace could not be freed of secrets, so none is kept: {error}")


def _redact_lines(raw: bytes, redactor: Redactor) -> bytes:
    clean = (_struck(_blanked(json.loads(line)), redactor) for line in raw.splitlines())
    return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in clean)


def _struck(value: Any, redactor: Redactor) -> Any:
    """Return a value without the secrets in its texts: a cookie may well be ``true`` or ``1280``, JSON stays JSON."""
    if isinstance(value, str):
        return redactor.text(value)
    if isinstance(value, list):
        return [_struck(one, redactor) for one in value]
    if isinstance(value, dict):
        return {redactor.text(key): _struck(one, redactor) for key, one in value.items()}
    return value


def _blanked(value: Any) -> Any:
    """Return a value of a trace without what is secret by its place: also what is too short, or half typed."""
    if isinstance(value, list):
        if len(value) > 1 and value[0] == "INPUT" and isinstance(value[1], dict) and value[1].get("type") == "password":
            return ["INPUT", {**value[1], _TYPED: STRUCK}, *value[2:]]
        return [_blanked(one) for one in value]
    if not isinstance(value, dict):
        return value
    if _is_credential(value):
        return {**value, "value": STRUCK}
    return {
        key: [{**cookie, "value": STRUCK} for cookie in one]
        if key == "cookies" and isinstance(one, list)
        else _blanked(one)
        for key, one in value.items()
    }


def _values(name: str, raw: bytes) -> Iterator[Any]:
    """Yield the JSON values of a trace's member: its own lines, and bodies that are JSON."""
    if name.endswith(_LINES):
        yield from (json.loads(line) for line in raw.splitlines())
    elif raw[:1] in (b"{", b"["):
        with suppress(ValueError, RecursionError):
            yield json.loads(raw)


def _credentials(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _credentials(one)
        return
    if not isinstance(value, dict):
        return
    if _is_credential(value):
        yield from _bare(str(value["name"]).lower(), value["value"])
    for key, one in value.items():
        if key == "cookies" and isinstance(one, list):
            yield from (str(cookie["value"]) for cookie in one if isinstance(cookie, dict) and "value" in cookie)
        elif isinstance(one, str) and _TELLING.search(key):
            yield one
        else:
            yield from _credentials(one)


def _is_credential(pair: dict[str, Any]) -> bool:
    name = pair.get("name")
    if not isinstance(name, str) or not isinstance(pair.get("value"), str):
        return False
    return name.lower() in _HEADERS or bool(_TELLING.search(name))


def _bare(name: str, value: str) -> Iterator[str]:
    """Yield the secrets of a header's value, without what stands around them."""
    if name == "cookie":
        yield from (pair.partition("=")[2].strip() for pair in value.split(";"))
    elif name == "set-cookie":  # one a line
        yield from (line.partition(";")[0].partition("=")[2].strip() for line in value.splitlines())
    elif name in _HEADERS:
        scheme, _, credentials = value.partition(" ")
        yield credentials or scheme
        if scheme.lower() == "basic":
            with suppress(ValueError):
                yield base64.b64decode(credentials).decode().partition(":")[2]
    else:
        yield value
