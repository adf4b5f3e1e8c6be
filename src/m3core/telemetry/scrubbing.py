"""Takes secrets out of whatever leaves the process: error events, spans and logs.

Two rules, applied at any depth. A value whose *key* names a secret is replaced whole. In any other text,
what *looks* like a secret is replaced: passwords in URLs, bearer and basic credentials, ``key=value`` and
``"key": "value"`` pairs with a secret key, JSON web tokens, payment card numbers and e-mail addresses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["FILTERED", "is_secret_key", "scrub", "scrub_event", "scrub_text"]

FILTERED = "[Filtered]"

# Compared with the key in lower case without separators, anywhere in it: "DB_PASSWORD", "x-api-key".
_SECRET_PARTS = re.compile(
    "password|passwd|passphrase|pwd|secret|token|apikey|accesskey|privatekey|signingkey|authorization|"
    "credential|cookie|csrf|xsrf|sessionid|cardnumber|mysqlpwd"
)
_SECRET_WHOLE = frozenset({"auth", "session", "pin", "cvv", "cvc", "otp", "pan", "dsn", "jwt"})
_SEPARATORS = str.maketrans("", "", "-_. ")

# An error event holds a hundred kilobytes of text, so no pattern may look at a character more than a few times:
# each begins with something rare, or cannot begin inside a run of what it repeats.
_URL_PASSWORD = re.compile(r"(://[^\s/:@?#]*:)[^\s/]+(?=@)")
_CREDENTIALS = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_PAIR = re.compile(
    r"""(?P<key>(?:password|passwd|passphrase|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key
        |authorization|credential|cookie|csrf|session[-_]?id)[\w.-]*["']?\s*(?:=>|[:=])\s*)
        (?!\[Filtered\])(?P<value>"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,;&)}\]"']+)""",
    re.IGNORECASE | re.VERBOSE,
)
_PAIR_WORDS = ("pass", "pwd", "secret", "token", "key", "authorization", "credential", "cookie", "csrf", "session")
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
    if isinstance(value, Mapping):
        return {scrub_text(key) if isinstance(key, str) else key: _scrub_item(key, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        if len(value) == 2 and isinstance(value[0], str) and is_secret_key(value[0]):
            return [value[0], FILTERED]
        return [scrub(item) for item in value]
    if isinstance(value, int) and value > 10**14 and scrub_text(str(value)) == FILTERED:
        return FILTERED
    return value


def _scrub_item(key: Any, value: Any) -> Any:
    if value is None or isinstance(value, bool) or not isinstance(key, str) or not is_secret_key(key):
        return scrub(value)
    return FILTERED


def scrub_text(text: str) -> str:
    """Return ``text`` with everything that looks like a secret replaced."""
    if len(text) < 4:
        return text
    if "://" in text:
        text = _URL_PASSWORD.sub(rf"\1{FILTERED}", text)
    if "@" in text:
        text = _EMAIL.sub(FILTERED, text)
    if " " in text:
        text = _CREDENTIALS.sub(rf"\1 {FILTERED}", text)
    if ("=" in text or ":" in text) and _names_a_secret(text):
        text = _PAIR.sub(_without_value, text)
    if "eyJ" in text:
        text = _JSON_WEB_TOKEN.sub(FILTERED, text)
    return _CARD.sub(_without_card, text)


def _names_a_secret(text: str) -> bool:
    """Whether `_PAIR` has anything to find; a look for plain words is many times faster than the pattern."""
    lower = text.lower()
    return any(word in lower for word in _PAIR_WORDS)


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
