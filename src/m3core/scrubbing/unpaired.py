"""What is written like a name and its value and is none: a place in a file, a server and its port, an error's text."""

from __future__ import annotations

import re

__all__ = ["names_nothing"]

#: What parsers say of a token or a key that they did not expect.
_OF_PARSERS = re.compile(
    r"\b(?:unexpected|illegal|offending|unrecogni[sz]ed|stray|next|last|duplicate|unknown|missing|extra|unterminated)"
    r"(?: \w{1,20})? $",
    re.IGNORECASE,
)
#: A place in a file is written like a pair: ``token.service.js:42``.
_FILE = re.compile(
    r"\.(?:[cm]?[jt]sx?|pyx?|java|rb|go|php|cs|kts?|rs|cpp|cc|cxx|c|hh?|hpp|mm?|html?|vue|svelte|astro|swift|ya?ml|toml|json"
    r"|sql|exs?|erl|hrl|clj[cs]?|scala|groovy|gradle|dart|lua|p[lm]|fs|vb|hs|elm|mli?|nim|zig|jl|sol|erb|ejs|jsp|twig|proto"
    r"|s?css|less|sh|ps1|tf|xml|md)$"
)
_PLACE_IN_FILE = re.compile(r"\d|line ")
#: A server and its port are, too.
_SERVER = re.compile(
    r"[\w\-]+(?:\.[\w\-]+)*\.(?:local|internal|svc|lan|com|net|org|io|dev|test|example|cloud|intern|corp)"
    r"|\w+(?:-\w+)*-(?:service|server|svc|api|db|proxy|gateway|cache|master|worker|node|app|host)\d?"
)
_URN = re.compile(r"(?:^|[^\w])urn:[\w\-]{1,32}:(?:[\w.\-]{1,60}:){0,6}$")
_PORT = re.compile(r"\d{2,5}(?![\w.:\-])")
_DIGEST = re.compile(r"sha(?:1|256|384|512)[\-=:][A-Za-z0-9+/]{20,88}$", re.IGNORECASE)
_ERROR = re.compile(r"(?:[a-z]\w*\.)*(?:\w+\.)*[A-Z]\w*(?:Exception|Error|Warning|Failure)")
#: What systems say of a file that cannot be read, after its path.
_OF_FILES = re.compile(
    r"(?:permission denied|access (?:is )?denied|no such file|is a directory|not a directory|operation not permitted"
    r"|file exists|too many open files|read-only file system|input/output error|not found)\b",
    re.IGNORECASE,
)


#: Whose name stands before a colon: ``vacuum of table "crm.public.access_tokens": index scans``.
_OF_THINGS = re.compile(
    r"\b(?:table|relation|index|sequence|view|materialized view|column|constraint|schema|partition|topic|bucket)"
    r" \\*[\"'`][\w.\-]{0,120}$",
    re.IGNORECASE,
)
#: A file's name in quotes, and what became of it.
_IN_A_PATH = re.compile(r"[/\\][\w.\-]{0,80}$")


def names_nothing(text: str, match: re.Match[str]) -> bool:
    """Whether a match of ``key`` and ``gap`` is a place, a server, an error, or what a parser says of a token."""
    key, gap = match["key"], match["gap"]
    if ":" in gap and _is_closed(gap):
        before = max(0, match.start() - 120)
        named = _OF_THINGS.search(text, before, match.start()) is not None
        return named or ("." in key and _IN_A_PATH.search(text, before, match.start()) is not None)
    if gap == ":":
        server = _SERVER.fullmatch(key) and _PORT.match(text, match.end())
        place = _FILE.search(key) and _PLACE_IN_FILE.match(text, match.end())
        inner = text[match.start() - 1 : match.start()] == ":"
        if server or place or (inner and _URN.search(text, max(0, match.start() - 120), match.start())):
            return True
    if gap[0] == "=" and _DIGEST.search(text, max(0, match.start() - 80), match.start("gap")):
        return True  # its padding
    of_kind = (
        text[max(0, match.start() - 5) : match.start()] == "kind "
    )  # cannot patch "x" with kind ExternalSecret: ..
    if gap.startswith(":") and (of_kind or _ERROR.fullmatch(key) or _OF_FILES.match(text, match.end())):
        return True
    parsed = key.lower() in {"token", "key"} and _OF_PARSERS.search(text, max(0, match.start() - 40), match.start())
    return bool(parsed)


def _is_closed(gap: str) -> bool:
    """Whether a quote ends the name."""
    return gap.lstrip("\\")[:1] in {'"', "'", "`"}
