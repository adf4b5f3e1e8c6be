"""Takes secrets out of whatever leaves the process: error events, spans and logs.

Two rules, applied at any depth. A value whose *key* names a secret is replaced whole. In any other text,
what *looks* like a secret is replaced: passwords in URLs, bearer and basic credentials, ``key=value`` and
``"key": "value"`` pairs with a secret key, headers with credentials, JSON web tokens, payment card
numbers and e-mail addresses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

__all__ = ["FILTERED", "is_secret_key", "scrub", "scrub_event", "scrub_text"]

FILTERED = "[Filtered]"

# Compared with the key in lower case without separators, anywhere in it: "DB_PASSWORD", "x-api-key".
# A space here is where a key may have a separator.
_PARTS = (
    "password|passwd|passphrase|pwd|secret|token|api key|access key|private key|signing key|authorization|"
    "credential|cookie|csrf|xsrf|session id|card number"
)
_SECRET_PARTS = re.compile(_PARTS.replace(" ", ""))
_WHOLE = ("auth", "session", "pin", "cvv", "cvc", "otp", "pan", "dsn", "jwt")
_SECRET_WHOLE = frozenset(_WHOLE)
_SEPARATORS = str.maketrans("", "", "-_. ")

# An error event holds a hundred kilobytes of text, so no pattern may look at a character more than a few times:
# each begins with something rare, or cannot begin inside a run of what it repeats.
_URL_PASSWORD = re.compile(r"(://[^\s/:@?#]*:)[^\s/]+(?=@)")
_URL_KEY = re.compile(r"(https?://)[^\s/:@?#]+(?=@)")
_CREDENTIALS = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
# A bare value ends at white space or at a closing quote. A secret may hold commas and the like, so they are taken
# with it, except at its end, where they belong to the sentence.
_VALUE = r"""["']?\s*(?:=>|[:=])\s*)(?!\[Filtered\])
        (?P<value>"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?
        |(?:[^\s"']|["'](?![\s,;:)}\]]|$))*[^\s"',;:)}\]])"""
_PART_IN_TEXT = _PARTS.replace(" ", r"[-_.\ ]?")
_PAIR = re.compile(
    rf"(?P<key>(?:{_PART_IN_TEXT})[\w.-]{{0,40}}{_VALUE}",
    re.IGNORECASE | re.VERBOSE,
)
_WHOLE_PAIR = re.compile(rf"(?P<key>(?<![a-z0-9])(?:{'|'.join(_WHOLE)}){_VALUE}", re.IGNORECASE | re.VERBOSE)
_PAIR_WORDS = (
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "authorization",
    "credential",
    "cookie",
    "srf",
    "session",
    "card",
)
# Headers whose value is more than one word: "Authorization: Digest a=b, c=d" and "Cookie: a=b; c=d".
_AUTHORIZATION = re.compile(
    r"""(?P<key>authorization["']?\s*(?:=>|[:=])\s*)(?!\[Filtered\])
        (?P<value>[a-z][a-z0-9-]*\s+(?:{pair}|[^\s,"']+)(?:,\s*{pair})*)""".replace(
        "{pair}", r"""[\w-]+=(?:\\?"[^"]*"?|[^\s,"]+)"""
    ),
    re.IGNORECASE | re.VERBOSE,
)
_COOKIE = re.compile(
    r"""(?P<key>cookies?["']?\s*(?:=>|[:=])\s*)(?!\[Filtered\])
        (?P<value>(?:{pair}|[^\s;"']+)(?:;\s*{pair})*)""".replace("{pair}", r"""[^\s;="']+=(?:"[^"]*"?|[^\s;"']*)"""),
    re.IGNORECASE | re.VERBOSE,
)
_JSON_WEB_TOKEN = re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*")
# Fifteen or sixteen digits that begin as an issuer's do; span ids and microseconds are as long, hence the checksum.
_CARD = re.compile(r"[2-6](?<![\w.-][2-6])(?:[ -]?\d){14,15}(?![\w-])")
_ISSUERS = re.compile(r"3[47]|4|5[1-5]|2[2-7]|6")
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,}")


def is_secret_key(key: str) -> bool:
    """Whether the value under ``key`` is secret by its name alone."""
    plain = key.lower().translate(_SEPARATORS)
    return plain in _SECRET_WHOLE or _SECRET_PARTS.search(plain) is not None


def scrub(value: Any) -> Any:
    """Return ``value`` with every secret replaced; dictionaries and lists are copied, at any depth.

    A list of two whose first item is a secret key, as headers and query strings are often written, loses its second.
    """
    if isinstance(value, str):
        return scrub_text(value)
    if value is None or isinstance(value, int | float | date):
        return FILTERED if _is_card(value) else value
    if isinstance(value, Mapping):
        return {scrub_text(key) if isinstance(key, str) else key: _scrub_item(key, item) for key, item in value.items()}
    if isinstance(value, list | tuple) and len(value) == 2 and _is_secret_name(value[0]):
        return [scrub(value[0]), FILTERED]
    if isinstance(value, list | tuple | set | frozenset):
        return [scrub(item) for item in value]
    return scrub_text(_as_text(value))


def _is_card(value: object) -> bool:
    return isinstance(value, int) and value > 10**14 and scrub_text(str(value)) == FILTERED


def _as_text(value: object) -> str:
    """Return what a log or an event would make of any other object: left as it is, it would become text unscrubbed."""
    if isinstance(value, bytes | bytearray):
        return value.decode(errors="backslashreplace")
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    return str(value)


def _scrub_item(key: Any, value: Any) -> Any:
    if value is None or isinstance(value, bool) or not _is_secret_name(key):
        return scrub(value)
    return FILTERED


def _is_secret_name(key: Any) -> bool:
    if isinstance(key, bytes):
        key = key.decode(errors="replace")
    return isinstance(key, str) and is_secret_key(key)


def scrub_text(text: str) -> str:
    """Return ``text`` with everything that looks like a secret replaced."""
    if len(text) < 4:
        return text
    if "://" in text:
        text = _URL_PASSWORD.sub(rf"\1{FILTERED}", text)
        text = _URL_KEY.sub(rf"\1{FILTERED}", text)
    if "@" in text:
        text = _EMAIL.sub(FILTERED, text)
    if " " in text:
        text = _CREDENTIALS.sub(rf"\1 {FILTERED}", text)
    if "=" in text or ":" in text:
        text = _scrub_pairs(text)
    if "eyJ" in text:
        text = _JSON_WEB_TOKEN.sub(FILTERED, text)
    return _CARD.sub(_without_card, text)


def _scrub_pairs(text: str) -> str:
    """Replace the values of secret keys. A look for plain words first is many times faster than the patterns."""
    lower = text.lower()
    if any(word in lower for word in _PAIR_WORDS):
        if "authorization" in lower:
            text = _AUTHORIZATION.sub(_without_value, text)
        if "cookie" in lower:
            text = _COOKIE.sub(_without_value, text)
        text = _PAIR.sub(_without_value, text)
    if any(word in lower for word in _WHOLE):
        text = _WHOLE_PAIR.sub(_without_value, text)
    return text


def _without_value(match: re.Match[str]) -> str:
    value = match["value"]
    quote = value[0] if value[0] in "\"'" else ""
    return f"{match['key']}{quote}{FILTERED}{quote}"


def _without_card(match: re.Match[str]) -> str:
    digits = [int(character) for character in match[0] if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    fits = _ISSUERS.match(match[0]) is not None and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
    return FILTERED if fits else match[0]


def scrub_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole error event or transaction scrubbed.

    The identifiers and times that the receiver needs stand outside of what applications write and are kept.
    """
    kept = {key: event[key] for key in _KEPT if key in event}
    return {**scrub(event), **kept}


_KEPT = (
    "event_id",
    "timestamp",
    "start_timestamp",
    "type",
    "level",
    "platform",
    "release",
    "environment",
    "sdk",
    "modules",
)
