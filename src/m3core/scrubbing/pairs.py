"""Names and their values in a text: ``key=value``, ``"key": "value"``, headers, forms, settings, code.

Which names matter is :mod:`keys`'s; here is where a value begins and ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from m3core.scrubbing.judgement import verdict
from m3core.scrubbing.keys import Kind, about_secret, kind_of, kind_of_path
from m3core.scrubbing.neighbours import only_describes
from m3core.scrubbing.plain import items_of
from m3core.scrubbing.policy import FILTERED, Finding
from m3core.scrubbing.unpaired import names_nothing
from m3core.scrubbing.values import (
    is_call,
    is_chosen,
    is_literal,
    is_mask,
    is_opaque,
    is_place,
)

__all__ = ["PAIRS", "find_pairs", "in_comment", "in_quotes", "value_span"]

#: What a text must hold for there to be a pair in it.
PAIRS = re.compile(r"[=:]")

# Possessive, and only from where a name can begin: each character is looked at once.
_NAME = re.compile(
    r"""(?<![\w$.\-\[\]])(?P<key>[\w$.\-\[\]@]++)
        (?P<gap>[\\"'`)\]]{0,6}[ \t]{0,4}(?:=>|:=|===?|=|:(?!//|:))[ \t]{0,8})""",
    re.VERBOSE,
)
#: What a value in quotes is to become, as Terraform's plan shows it.
_CHANGED = re.compile(r"""["'][ \t]{1,4}->[ \t]{1,4}(?P<quote>["'])(?P<value>[^"'\r\n]{1,400})(?P=quote)""")
# Names that are of more than one word, by their last: "api key: x", "card number: x", "first name: x".
_TAILS = frozenset(
    re.findall(
        r"\S+",
        """
    passe license licence passport key keys token number no nr code name phrase id word secret card string
    address birth security pass line phone
    """,
    )
)
#: Names that mean something only inside of another: ``{"api": {"key": ..}}``, ``{"user": {"name": ..}}``.
_INNER = frozenset(
    ["key", "name", "first", "last", "middle", "login", "city", "number", "id", "word", "code", "secret"]
)
_ABOVE = re.compile(r"""(?P<key>[\w.\-]{1,40})\\{0,7}["']?\s?[:=]\s?\{[^{}]{0,60}$""")
# The type of a name in source, before its value.
_TAG = re.compile(r"(?:!{1,2}(?!vault|reference|secret|env|ref|include)[\w/.:]{0,40}|&[\w\-]{1,40})[ \t]+(?=\S)")
_ANNOTATION = re.compile(
    r"(?:&(?:'\w{1,20} )?(?:mut )?)?[A-Za-z_][\w.\[\]]{0,60}(?: \| [\w.\[\]]{1,60})?[ \t]+=[ \t]+(?=[bBrRuU]?[\"'])"
)
_BEFORE = re.compile(r"[\w\-]+")
_OPENING = re.compile(r"(?:[bBuUrRfF]{1,2}(?=[\"']))?(?P<close>\\*[\"'`])")
_CLOSING = {"{": "}", "[": "]", "(": ")"}
#: A list or a dictionary; a password may begin with a bracket as well.
_CONTAINER = re.compile(r"""[\[({]\s*(?:\\*["'`{\[(]|\$?[\w.\-]+\s*[:,\])}]|[\])}])""")
_PERMISSION = re.compile(
    r"(?:read|write|admin|delete|create|update|list|manage|all|get|view|refresh|rotate|revoke|export|import|\*)"
    r"(?![\w=@.\-])"
)
_ARN = re.compile(r"\barn:aws[\w\-]{0,10}:[\w\-:/]{0,110}$")
_QUOTE = re.compile(r"[\"'`]")
#: What stands for a value that is not shown: ``(sensitive value)``, ``(known after apply)``.
_SAID_BESIDE = re.compile(
    r"\((?:[a-z]{2,20} ){0,5}[a-z]{2,20}\)(?=[\s,;.]|$)|[a-z]{2,20}=\d{1,9}(?=[\s,;)]|$)"
    # A remark in brackets, and by which number or name a key is called.
    r"|\((?:[Mm]ore|[Ss]ee|[Ll]earn|[Rr]ead|[Hh]int|[Nn]ote)[ :]"
    r"|(?:kid|id|version|serial|fingerprint|slot|generation|revision|alg) (?=[\w.\-:]{0,59}\d)[\w.\-:]{1,60}"
    r"(?=[\s,;)]|$)"
)
#: A sentence about a secret that a machine made: a word, and more that are none of a value.
_SENTENCE = re.compile(r"[A-Za-z][a-z\-]{1,20},? (?:[a-z]{1,20}[ ,]){1,3}")
_OF_SENTENCES = re.compile(
    r"(?:token|cookie|csrf|xsrf|jwt|key|session|sess|auth|signature|assertion)s?$", re.IGNORECASE
)
#: A part of a name with colons that only says something about the part before: ``crm:tokens:count:12``.
_ASPECT = re.compile(r"[a-z]{2,20}(?=[:\"'`\s]|$)")
#: ODBC puts a value in braces that holds a sign of its own; a template has a name there.
_BRACED = re.compile(
    r"\{(?!\d{0,2}\}|[\w.\[\]()'\"]{1,60}(?:![rsa])?(?::\w{0,9})?\}(?!\}))(?P<value>(?=(?:[^{}]|\}\}){0,100}[;?*=@!,&%^$\#])"
    r"(?:[^{}\r\n]|\}\}){1,200})\}(?=[;\"'\\\s]|$)"
)
_OF_ODBC = re.compile(r"\b(?:Driver|DSN|Server|Data Source|Database|Uid|User Id)=[^\r\n]{1,400}$", re.IGNORECASE)
#: A place of a name that is documented: ``:param token: ..``, ``:type token: ..``.
_DOCUMENTED = re.compile(
    r":(?:param|type|arg|argument|keyword|kwarg|ivar|cvar|var|raises?|returns?|rtype)(?: \w{1,30})? $"
)
#: Between two fields, and at the end of a sentence, what stands before belongs to something else.
_APART = re.compile(r"[.!?;,)(\]\[{}|\"'<>]\s")
#: How a library of ciphers names an error: each part by a colon.
_OF_CIPHERS = re.compile(r"\berror:[0-9A-Fa-f]{6,10}:[\w ,:.\-]{0,100}:$")
#: The columns that two tables are joined by.
_JOINED = re.compile(r"[a-z_]\w{0,40}\.[a-z_]{1,40}(?=[\s);,]|$)")
#: What follows a literal.
_ENDS = frozenset([*",}])", ""])
_LONGEST_LINE = 400
#: What follows an empty text in quotes.
_AFTER_NOTHING = frozenset([*",;:)]} \t\r\n&<'\"", ""])
#: By so much of it a value is judged that goes only if it looks like a secret; else the time would be the square.
_JUDGED = 512
# The type and the length that PHP's ``var_dump`` writes before a text.
_DUMPED = re.compile(r"string\(\d{1,6}\)\s(?=\\*\")")
_SETTING = re.compile(r"(?:[A-Z][A-Z0-9_]{2,60}|[a-z]+(?:[.\-][a-z]+){1,8})=[^\s=\"'({\[]+\s*$", re.MULTILINE)
#: A value that begins on the line below its name.
_NEXT_LINE = re.compile(r"(?:[|>][-+]?)?\r?\n[ \t]{1,20}(?:- )?(?![\w.\-]{1,60}+[ \t]*[:=])")
#: The settings of a connection, of which each has a name of its own.
_OF_CONNECTION = re.compile(
    r"(?:Server|Data Source|Host)=[^;\"'\s]{1,100};(?=[^\"'\r\n]{0,300}?(?:Password|Pwd)=)", re.IGNORECASE
)
#: The value of a form, and the name of the next.
_IN_FORM = re.compile(r"[^\s;=&\"'\\]{0,200}&[\w.\-\[\]%]{1,60}=")
_BRACKET = re.compile(r"[{}\[\]()]")
# A bare value ends at white space, at a closing quote, and where the next pair begins.
_BARE = re.compile(
    r"""(?: [^\s"'`<\\&;,|?]
          | [&;,|?](?![ \t]*[\w.\-\[\]%$]{1,60}+["']?[ \t]*[=:])
          | \\(?!["'nrt/])
          | ["'`](?!\.?(?:[\s,;:)}\]&]|$))
          | <(?!/)
        )+""",
    re.VERBOSE,
)
_TRAILING = ",;:)}]>.?!"
_PARAMETER = r"""[\w-]+=(?:\\*"[^"\\]*\\*"?|[^\s,"'\\]+)"""
_HEADER_VALUE = re.compile(
    rf"(?:[A-Za-z][\w-]{{1,30}}[ \t]+)?{_PARAMETER}(?:,?[ \t]*{_PARAMETER})*"
    r"|[A-Za-z][\w-]{1,30}(?:\r?\n[ \t]{1,8}|[ \t+]+)[^\s\"',;\\]+"
)
_COOKIES = re.compile(
    r"""[^\s;="'\\]+=(?:"[^"]*"?|'[^'\n]*'|[^\s;"'\\]*)(?:;[ \t]*[^\s;="'\\]+(?:=(?:"[^"]*"?|[^;"'\\\r\n]*))?)*"""
)
_NAMES = re.compile(r"""[^\s,;&"'<>|)\\]+(?:[ +][A-Z][^\s,;&"'<>|)\\]*){0,4}""")
_LINE = re.compile(r"""[^\r\n;&"<>|\\]+?(?=,?[ \t]*[\w-]{1,40}[ \t]?[=:]|[\r\n;&"<>|\\]|$)""")
_PHRASE = re.compile(r"[a-z]{2,20}(?: [a-z]{2,20}){2,30}+(?=[\s.,;\"')\]]|$)")


def find_pairs(text: str, *, source: bool = False) -> Iterator[Finding]:
    """Yield the values that go because of their names.

    In ``source`` only literals go: a name that code gives a secret is not the secret.
    """
    at = 0
    while match := _NAME.search(text, at):
        at = match.end()
        kind, key = _kind(text, match)
        if kind is Kind.ORDINARY:
            continue
        if _closes_at(text, match) or _SAID_BESIDE.match(text, at) or _goes_on(text, at, key):
            continue
        if match["gap"].strip(" )") == ":" and _is_part(text, match):
            continue
        annotation = (_ANNOTATION.match(text, at) or _TAG.match(text, at)) if ":" in match["gap"] else None
        annotation = annotation or (_DUMPED.match(text, at) if "=>" in match["gap"] else None)
        at = annotation.end() if annotation else at
        if "." in key and match["gap"].strip() == "=" and _JOINED.match(text, at):
            continue
        begin, end = value_span(text, at, key, kind)
        if begin >= end:
            continue
        value = text[begin:end]
        if begin == at and is_call(value):
            continue
        if source and not _is_written_out(text, match.start(), begin, value):
            continue
        whole = text[begin - 1 : end + 1]
        listed = whole[:1] == "[" and bool(items_of(whole))  # its items are judged one by one
        rule = verdict(kind, key, whole if listed else value, quoted=begin > at)
        if rule:
            rest = _BARE.match(text, end) if kind is Kind.OPAQUE and end - at > _JUDGED // 2 else None
            if rest:
                end += len(rest[0].rstrip(_TRAILING))
            yield Finding(begin, end, rule)
            at = end
            changed = _CHANGED.match(text, end)
            if changed:
                yield Finding(*changed.span("value"), rule)
                at = changed.end()


def _is_part(text: str, match: re.Match[str]) -> bool:
    """Whether it is a part of a name with colons: ``token:read``, ``arn:aws:..:secret:db``."""
    if _PERMISSION.match(text, match.end()):
        return True
    if match["gap"].startswith(")") and text[max(0, match.start() - 1) : match.start()] == ":":  # pam_unix(sshd:auth)
        return True
    before = text[max(0, match.start() - 120) : match.start()]
    aspect = _ASPECT.match(text, match.end()) if before.endswith(":") and match["gap"] == ":" else None
    if aspect and about_secret(f"{match['key']}_{aspect[0]}"):
        return True
    if before.endswith(" ") and _DOCUMENTED.search(before):
        return True
    if before.endswith(":") and _OF_CIPHERS.search(before):
        return True
    return "arn:" in before and _ARN.search(before) is not None


def _goes_on(text: str, at: int, key: str) -> bool:
    """Whether a sentence follows after a colon, and no value: ``token: the page to begin at``."""
    if text[at - 1 : at] != " " or ":" not in text[at - 3 : at]:
        return False
    return _OF_SENTENCES.search(key) is not None and _SENTENCE.match(text, at) is not None


def _closes_at(text: str, match: re.Match[str]) -> bool:
    """Whether the quote after a separator closes one that is before the name: ``use `token=` instead``."""
    before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
    if (
        after in {"'", '"'}
        and in_quotes(text, match.start(), after)
        and text[match.end() + 1 : match.end() + 2] in _ENDS
    ):
        return True  # the name ends what is quoted: {"label": "Password: "}
    return before == after and after in {"'", '"', "`"} and text[match.end() + 1 : match.end() + 2] in {*" .,;:)\n", ""}


def _kind(text: str, match: re.Match[str]) -> tuple[Kind, str]:
    key = match["key"]
    if names_nothing(text, match):
        return Kind.ORDINARY, key
    kind = kind_of(key)
    if kind in (Kind.ORDINARY, Kind.OPAQUE) and key.lower() in _INNER:
        above = _ABOVE.search(text[max(0, match.start() - 80) : match.start()])
        beside = kind_of_path(above["key"], key) if above else Kind.ORDINARY
        if beside is not Kind.ORDINARY:
            return beside, key
    if (kind is Kind.SECRET or kind is Kind.PERSON) or text[match.start() - 1 : match.start()] not in {" ", "\t"}:
        return kind, key
    words = _words_before(text, match.start()) if key.lower() in _TAILS else []
    for count in (1, 2):
        longer = " ".join([*words[-count:], key])
        found = kind_of(longer)
        if kind is Kind.ADDRESS and words and found is Kind.ORDINARY:  # of a machine
            return found, key
        if found in {Kind.SECRET, Kind.PERSON, Kind.ADDRESS}:
            return found, longer
    return kind, key


def _words_before(text: str, at: int) -> list[str]:
    """Return the two words before a place that may belong to a name there: of the same sentence, and no error's."""
    words = _BEFORE.findall(_APART.split(text[max(0, at - 40) : at])[-1])[-2:]
    return [] if words and words[-1].endswith(("Error", "Exception")) else words


def value_span(text: str, at: int, key: str, kind: Kind) -> tuple[int, int]:
    """Return where the value begins and ends that follows a name and its separator; nothing: an empty part."""
    if _is_filtered(text, at) or is_place(text, at):
        return at, at
    below = _NEXT_LINE.match(text, at) if kind is Kind.SECRET else None
    at = below.end() if below else at
    long = 3 if text.startswith(("'''", '"""'), at) else 0
    if text.startswith('""', at) and text[at + 2 : at + 3] not in _AFTER_NOTHING:  # doubled, as in a table's cell
        long = 2
    if long:
        end = text.find(text[at : at + long], at + long)
        return at + long, end if end >= 0 else len(text)
    braced = _BRACED.match(text, at) if kind is Kind.SECRET and text.startswith("{", at) else None
    if braced and _OF_ODBC.search(text, max(0, at - 400), at):
        return braced.span("value")
    opening = _OPENING.match(text, at)
    if opening:
        return _quoted(text, opening.end(), opening["close"])
    if _CONTAINER.match(text, at):
        end = _bracketed(text, at) if kind is Kind.SECRET else at
        return (at, at) if end == at or only_describes(text[at + 1 : end], key) else (at + 1, end)
    return _bare(text, at, key, kind)


def _is_filtered(text: str, at: int) -> bool:
    end = at + len(FILTERED)
    return text.startswith(FILTERED, at) and text[end : end + 1] in {*"\"'`,;&)}] \t\r\n<.", ""}


def _quoted(text: str, begin: int, close: str) -> tuple[int, int]:
    """Return the part up to the quote that closes it: one with as many backslashes before it, or fewer."""
    quote, slashes = close[-1], len(close) - 1
    at = begin
    while (at := text.find(quote, at)) >= 0:
        first = at
        while first > begin and text[first - 1] == "\\":
            first -= 1
        before = at - first
        doubled = text[at + 1 : at + 2] == quote and first > begin and slashes == 0
        if doubled:  # as SQL writes a quote
            at += 2
        elif (before % 2 == 0) if slashes == 0 else before <= slashes:
            return begin, at if slashes == 0 else first
        else:
            at += 1
    line = text.find("\n", begin)
    return begin, line if line >= 0 else len(text)


def _bracketed(text: str, at: int) -> int:
    depth = 0
    for match in _BRACKET.finditer(text, at):
        depth += 1 if match[0] in _CLOSING else -1
        if depth == 0:
            return match.start()
    return len(text)


def _bare(text: str, at: int, key: str, kind: Kind) -> tuple[int, int]:
    lower = key.lower()
    pattern = _BARE
    if "authorization" in lower and _HEADER_VALUE.match(text, at):
        pattern = _HEADER_VALUE
    elif kind is Kind.SECRET and lower.startswith("conn") and _OF_CONNECTION.match(text, at):
        return at, at
    elif ("cookie" in lower or "cert" in lower) and _COOKIES.match(text, at) and not _IN_FORM.match(text, at):
        pattern = _COOKIES
    elif kind is Kind.PARTY or (kind is Kind.PERSON and "name" in lower):
        pattern = _NAMES
    elif kind is Kind.ADDRESS:
        pattern = _LINE
    elif (
        kind is Kind.SECRET
        and ("pass" in lower or "phrase" in lower or "mnemonic" in lower)
        and _PHRASE.match(text, at)
    ):
        pattern = _PHRASE
    longest = at + _JUDGED if kind is Kind.OPAQUE and pattern is _BARE else len(text)
    match = pattern.match(text, at, longest)
    if match is None:
        return at, at
    begin, end = match.span()
    if is_mask(match[0]):
        return begin, end
    stripped = text[begin:end].rstrip(_TRAILING)
    if not stripped.endswith(FILTERED[:-1]):
        end = begin + len(stripped)
    return begin, end


def _is_written_out(text: str, key: int, begin: int, value: str) -> bool:
    """Whether source holds the value itself: as a literal, or in a comment."""
    if text[begin - 1 : begin] in {'"', "'", "`"}:
        return True
    if in_quotes(text, key) and not _QUOTE.search(text, key, begin) and not value.isalpha():
        return True
    if in_comment(text, key) or (len(value) >= 20 and is_opaque(value)):
        return True
    if _SETTING.match(text, key):  # of a shell or of a file of settings, where values have no quotes
        return is_chosen(value) or any(map(str.isdigit, value))
    return is_literal(value) and any(character.isdigit() for character in value)


def in_quotes(text: str, at: int, quotes: str = "'\"`") -> bool:
    """Whether a place in source is inside of a literal, as a part of what is written or sent."""
    line = text[max(text.rfind("\n", 0, at) + 1, at - _LONGEST_LINE) : at]
    return any(line.count(quote) % 2 == 1 for quote in quotes)


def in_comment(text: str, at: int) -> bool:
    """Whether a place in source is in a comment."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return any(mark in line for mark in ("#", "//", "--", "/*"))
