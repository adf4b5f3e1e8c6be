"""Passwords in addresses of resources, whole or cut off, and in what parsers say of those that they cannot read.

Sources: RFC 3986 3.2.1 (user information); Go's MySQL driver, Oracle's thin driver, SQLAlchemy's and urllib's messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from m3core.scrubbing.clues import Clues
from m3core.scrubbing.policy import FILTERED, Finding
from m3core.scrubbing.values import is_chosen, is_harmless, is_opaque, is_plain_literal

__all__ = ["find_in_urls"]

_USER_INFO = re.compile(
    r"""://(?P<user>[^\s/:@?\#"'<>\[\]]{0,100}+)
        (?::(?P<password>[^\s/"'<>]{1,300}|(?!\d{1,5}(?:[/?\#]|$))[^\s"'<>]{1,300}))?@(?=[\w\[\-\[.])""",
    re.VERBOSE,
)
# The same without a scheme, as drivers write it: Go's for MySQL, Oracle's, and a host with its port.
_BARE_USER_INFO = re.compile(
    r"(?<![\w/@:.])[\w.\-]{1,60}:(?P<go>[^\s/@:\"']{3,100})@(?:(?:tcp|unix)\(|[\w.\-]{1,100}:\d{2,5}(?!\d))"
    r"|\bthin:[\w.\-]{1,60}/(?P<thin>[^\s/@\"']{1,100})@"
    r"|(?<![:\w])//[\w.\-%]{1,60}:(?P<relative>[^\s/@\"']{1,100})@[\w\[]"
)
# A URL that was cut off before its host.
_CUT_INFO = re.compile(
    r"://[\w.\-%+]{0,60}:(?!\d{1,5}(?!\w))(?P<value>[^\s/:@\"'<>\[\](){}]{5,200}?)(?=\.{3}|…|$|[\"'\s])"
)
# What the parsers of addresses quote when they cannot read them.
_QUOTED_PART = re.compile(
    r"(?:nonnumeric port: |integer value as |[Pp]arse (?:SQLAlchemy|rfc1738) URL from (?:given URL )?string "
    r"|[Ii]nvalid port: "
    r"|missing \"=\" after |invalid (?:dsn|connection option) )['\"](?P<value>[^'\"\n]{3,300})['\"]"
)
# One in which there is no doubt what its password is.
_PLAIN_URL = re.compile(
    r"[a-z][\w+.\-]{1,40}://[^\s:/@?#]{0,100}:[^\s:/@?#]{1,300}@[\w.\-]{1,200}(?::\d{1,5})?(?:[/?][^\s@]*)?"
)
_WEB = re.compile(r"https?$", re.IGNORECASE)
_PARSER_HINT = re.compile(r"nonnumeric|integer value as|url from|invalid |after")


def find_in_urls(text: str, lower: str, clues: Clues) -> Iterator[Finding]:
    """Yield the passwords and tokens in a text that stand before a host."""
    if "@" in text:
        yield from _user_info(text)
    if "://" in text:
        yield from (
            Finding(*match.span("value"), "url-password")
            for match in _CUT_INFO.finditer(text)
            if is_chosen(match["value"]) or is_opaque(match["value"])
        )
    if clues.signs and _PARSER_HINT.search(lower):
        yield from _quoted_parts(text)


def _quoted_parts(text: str) -> Iterator[Finding]:
    for match in _QUOTED_PART.finditer(text):
        if not is_plain_literal(match["value"]) and not _PLAIN_URL.fullmatch(match["value"]):
            yield Finding(*match.span("value"), "url-password")


def _user_info(text: str) -> Iterator[Finding]:
    for match in _BARE_USER_INFO.finditer(text):
        group = match.lastgroup or ""
        if match[group] != FILTERED and not is_harmless(match[group]):
            yield Finding(*match.span(group), "url-password")
    for match in _USER_INFO.finditer(text):
        if match["password"] and match["password"].lower() in {
            "x-oauth-basic",
            "x-oauth-token",
            "x-token-auth",
            "api_token",
        }:
            yield Finding(*match.span("user"), "url-password")
        elif match["password"]:
            if match["password"] != FILTERED and not is_harmless(match["password"]):
                yield Finding(*match.span("password"), "url-password")
        elif match["user"] not in {"", FILTERED, "git"} and (
            is_opaque(match["user"]) or _WEB.search(text, max(0, match.start() - 5), match.start())
        ):
            yield Finding(*match.span("user"), "url-password")
