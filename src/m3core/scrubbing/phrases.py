"""Secrets in the forms of languages and protocols: URLs, headers, statements of SQL, command lines, XML, forms, prose.

Sources: RFC 3986 3.2.1 (user information), RFC 7617 and 6750 (basic and bearer credentials), RFC 7578 (multipart),
ISO/IEC 9075 and PostgreSQL's error details (literals).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from m3core.scrubbing.clues import Clues
from m3core.scrubbing.commands import find_arguments
from m3core.scrubbing.judgement import verdict
from m3core.scrubbing.keys import Kind, kind_of
from m3core.scrubbing.officials import find_officials
from m3core.scrubbing.pairs import in_comment, in_quotes
from m3core.scrubbing.plain import is_plain_name
from m3core.scrubbing.policy import Finding
from m3core.scrubbing.statements import find_in_statements
from m3core.scrubbing.urls import find_in_urls
from m3core.scrubbing.values import (
    is_algorithm,
    is_call,
    is_chosen,
    is_harmless,
    is_literal,
    is_message,
    is_of_code,
    is_opaque,
)

__all__ = ["find_phrases"]

# One that a message gives before or after the name of its field, or that a provider sends.
_BESIDE_FIELD = re.compile(
    r"['\"](?P<before>[^'\"\n]{3,200})['\"] (?:for|in|of) (?:the )?(?:field |parameter |key )?"
    r"['\"]?(?P<key>[A-Za-z_]{3,40})\b"
    r"|\b(?:your|login|sms|access|confirmation|2fa|mfa|otp|totp|two[- ]factor|auth(?:entication)?|verification|security"
    r"|one[- ]time|sign[- ]in)\b[\w \-]{0,20}?(?: code|[- ]time pass(?:word|code)| password)(?: is|:| was)? "
    r"(?P<code>\d{4,8})(?!\d)"
    # The same in other languages, where the code and what it is for are one word or two.
    r"|(?:inlog|login|anmelde|bestätigungs|sicherheits|verifi[ck]a[a-z]{2,6}|bekræftelses|engangs|bekreftelses|bevestigings"
    r"|(?:código|codigo|codice|code|cod) (?:de|di|d'|de la )[ ]?(?:\w{1,4} )?(?:verifi\w+|seguran\w+|seguridad|acceso"
    r"|accès|acesso|accesso|sécurité|sicurezza|connexion|confirma\w+|vérification)) ?-?(?:code|kode|kod|koodi)?\w{0,3}"
    r" (?:is|ist|lautet|est|es|é|è|er|jest|:)[ :]{1,2}(?P<foreign>\d{4,8})(?!\d)"
    r"|\bcode (?P<mfa>\d{4,8})\b(?=[^\n]{0,40}\b(?:2fa|mfa|otp|two[- ]factor|verification|sign[- ]in|login)\b)"
    r"|(?<!\w)G-(?P<google>\d{6})(?!\d)|\bcheckpw\(b?['\"](?P<call>[^'\"\n]{3,200})['\"]",
    re.IGNORECASE,
)
_SCHEME = re.compile(
    r"\b(?P<scheme>bearer|basic|token|apikey|negotiate|ntlm|hawk|dpop|sso-key|genie-?key|api-key"
    r"|splunk)(?:[ \t+]|,[ \t+](?=[^\s,]{10})|%20|\r?\n[ \t]){1,3}"
    r"[\"']?(?P<value>(?!HTTP/\d)[\w.~+/=:\-]{6,}+)",
    re.IGNORECASE,
)
# The answer to a challenge (RFC 7616), from which a password can be guessed, and what it was made with.
_DIGEST = re.compile(r"\b(?:response|c?nonce|opaque)=\\{0,3}[\"']?(?P<value>[0-9a-f]{32,128})(?![0-9A-Za-z])")
#: Schemes after which letters alone may be a credential.
_ALONE = frozenset(["bearer", "basic", "negotiate", "ntlm", "apikey"])
_PATH_TOKEN = re.compile(
    r"/(?:[\w-]*(?:reset|verify|verification|invite|invitation|magic|activate|activation|unsubscribe|confirm"
    r"|token|secret|share"
    r"|login|signin|sso|auth|webhook|hook|hooks|password|key|keys|session)[\w-]*)/(?:[A-Za-z0-9_]{1,8}/)?(?P<value>[\w.~=\-]{12,}+)",
    re.IGNORECASE,
)
_WORDS = (
    r"pass(?:word|wd|phrase|code)?|pwd|pin|secret|token|api[ _-]?key|access[ _-]?key|secret[ _-]?key"
    r"|private[ _-]?key|otp"
    r"|cvv|cvc|credentials?|ssn|social security|security code|one[ -]time code|verification code|recovery code"
)
_PROSE = re.compile(
    rf"(?<![\w-])(?P<key>{_WORDS})(?: (?:code|number|no\.?|value))?(?P<of>[ \t](?:for|of)[ \t][\w.@'-]{{1,60}})?"
    r"(?P<verb>[ \t]+(?:is|was|are|equals|to|as|set to|changed to|now|=|→|->|with|using|given|received|got|sent"
    r"|provided"
    r"|supplied|entered|used)(?!\w)(?: now)?)?(?:[ \t]*[:;|])?[ \t]*(?<=[ \t:;|(\[<])"
    r"(?P<quote>\\?[\"'`(\[<]?)(?P<value>[^\s\"'`\\]{3,200})",
    re.IGNORECASE,
)
_BACKWARDS = re.compile(
    r"(?<!\S)[\"'`]?(?P<value>[^\s\"'`,;]{6,100}+)[\"'`]? (?:is|was) (?:not )?(?:too \w{2,12} )?(?:(?:a|an|the|your"
    r"|my|our) )?"
    r"(?:valid |invalid |correct |wrong |new |old |known |strong |good |secure )?(?:password|token|api[ _-]?key"
    r"|secret|passphrase|pin|otp)\b",
    re.IGNORECASE,
)
_STORE_NAME = re.compile(
    r"[a-z]{2,20}(?:[-_./][a-z]{2,20})*(?:[-_.]v?\d)?|[A-Z]+(?:_[A-Z]+)*(?:_\d)?|[a-z][a-z\-]{1,30}/[a-z][a-z0-9\-]{1,60}"
)
_OF_RESOURCE = re.compile(r"arn:aws[\w\-:]{0,100}:$")
_DOTTED = re.compile(r"[A-Za-z_]{2,40}(?:\.[A-Za-z_]{2,40}){0,4}")
#: A type with its length, or a call: ``varchar(64``.
_OF_CODE = re.compile(r"[A-Za-z_.]{3,40}\([\w, ]{0,20}")
_KEY_SAID = re.compile(r"(?<![\w-])[kK]ey[ \t]+[\"']?(?P<value>[\w+/=~.\-]{12,200}+)")
#: How a public key is called by its fingerprint: ``RSA key 557C3CD0..``.
_OF_PUBLIC_KEYS = re.compile(
    r"(?:RSA|DSA|EDDSA|ECDSA|GPG|PGP|public)[ ][kK]ey[ ](?:ID[ ])?(?:0x)?(?:[0-9A-F]{40}|[0-9A-F]{16})$"
)
_LISTED = re.compile(r"""["'](?P<key>-{0,2}[A-Za-z][\w.\-]{1,40}+)["']\s?,\s?[bu]?["'](?P<value>[^"'\n]{1,400})["']""")
_FIELDS = re.compile(r"(?:fields|columns|required|missing)\\*[\"']?\s?[:=]\s?[\[(]$", re.IGNORECASE)
_PERSON = re.compile(r"[^\W\d_a-z][\w'’\-]{1,40}(?: [^\W\d_][\w.'’\-]{0,40}){0,4}")
_NUMBERS_ONLY = frozenset(["pin", "otp", "cvv", "cvc", "ssn"])
_DIGITS_ONLY = frozenset(["pin", "cvv", "cvc"])
_NUMBER = re.compile(r"\d[\d \-]{1,11}")
#: How much, or of how many: ``64-byte``, ``1-indexed``, ``3.1s``.
_QUANTITY = re.compile(r"\d{1,6}(?:\.\d{1,6})?(?:[a-z%]{1,4}|(?:[\-/][a-z]{2,12}|/\d{1,6}){1,2})", re.IGNORECASE)
#: Words in brackets that stand for a value: ``(sensitive value)``.
_ASIDE = re.compile(r"\((?:[a-z]{2,20} ){1,5}[a-z]{2,20}\)")
#: What documentation refers to, and an option.
_OF_MARKUP = re.compile(r"~|\*\*|--?[a-z]|__\w|[A-Z][a-z]+(?:[A-Z][a-z]+)+$|[a-z_]+(?:\.[a-z_]+)+$|[a-z]+=$")
_REDIS = re.compile(
    r"(?:^|[\n\"'`>:])[ \t]*(?:HELLO \d )?AUTH (?:[\w.\-]{1,60} )?(?P<value>(?=[^\s\"']*[\d!@#$%^&*])[^\s\"']{6,200})"
    r"(?=[\"'`]?(?:\s*$|[\r\n]))|\b(?:requirepass|masterauth)[ \t]+[\"']?(?P<set>[^\s\"']{4,200})"
    # The same as the protocol writes it, each part after its length, and as a list.
    r"|\bAUTH(?:\r?\n\$\d{1,6}\r?\n[^\r\n]{1,200}?)?\r?\n\$\d{1,6}\r?\n(?P<resp>[^\r\n]{4,200})"
    r"|[\"']AUTH[\"'],\s?(?:b?[\"'][\w.\-]{1,60}[\"'],\s?)?b?[\"'](?P<item>[^\"'\n]{4,200})[\"'](?!,(?!\s?b?[\"']SETNAME))"
    # A greeting takes a user and a password, whatever they look like.
    r"|\bHELLO [23] AUTH [^\s\"']{1,60} (?P<greeting>[^\s\"'`]{3,200})"
)
_NETRC = re.compile(r"\blogin[ \t]+\S{1,100}\s+password[ \t]+(?!\[Filtered\])(?P<value>\S+)")
_ELEMENT = re.compile(
    # No group of a pattern ("(?P<token>"), and no state machine of a compiler ("<ResetPassword>d__14").
    r"(?<!\?)(?<!\?P)<(?P<key>[A-Za-z][\w:.\-]{1,60}+)(?:[ \t\n][^<>]{0,200}+)?>(?![bcd]__\d)"
    r"(?:<!\[CDATA\[)?(?P<value>[^<\]]{1,4000})"
)
_ATTRIBUTE = re.compile(
    r"""<[A-Za-z][\w:.\-]{0,60}+[^<>]{0,200}?\b(?:[nN]ame|[kK]ey|[iI]d|type)=["'](?P<key>[\w:./\-]{2,120})["'][^<>]{0,200}>
        (?:\s*<[\w:.\-]{1,60}[^<>]{0,200}>)?\s*(?P<value>[^<\s][^<]{0,4000})""",
    re.VERBOSE,
)
# What somebody typed, as the selector of the field tells it.
_TYPED = re.compile(
    r"""type=\\*["']?password\b[^\n]{0,120}?\bvalue=\\*["'](?P<value>[^"'\\\n]{1,400})""", re.IGNORECASE
)
_NAMED = re.compile(
    r"""\b(?:name|key|header|field|param|variable|id)\\{0,3}["']?[ \t]*[=:][ \t]*\\{0,3}["']
        (?P<key>[\w.\-\[\]:/]{2,80}+)
        \\{0,3}["'][,;]?[ \t\n]*
        (?:[\w-]{1,20}=["'][^"'<>]{0,60}["'][ \t\n]*){0,3}\\{0,3}["']?(?:value|val|content|data|default)
        \\{0,3}["']?[ \t]*[=:][ \t]*
        \\{0,3}["'](?P<value>[^"'\\]{1,4000})""",
    re.IGNORECASE | re.VERBOSE,
)
_PART = re.compile(
    r"""name="?(?P<key>[\w.\-\[\]]{1,80}+)"?[^\r\n]{0,200}+(?:\r?\n[^\r\n]{1,200}+){0,5}?\r?\n\r?\n"""
    r"""(?P<value>[^\r\n]{1,4000})"""
)
# Each before the pattern it is named after: most texts have none of these words.
_PROSE_HINT = re.compile(r"pass|pwd|pin|secret|token|key|otp|cv|credential|ssn|soci|code")
_SCHEME_HINT = re.compile(r"(?:bearer|basic|token|key|negotiate|ntlm|hawk|dpop|splunk)[ \t+%,\r\n]")
_PATH_HINT = re.compile(r"/(?=[a-zA-Z.~=_\-]{0,11}\d|[A-Za-z.~=_\-]{12})[\w.~=\-]{12}")


def find_phrases(text: str, clues: Clues, *, source: bool = False) -> Iterator[Finding]:
    """Yield the secrets in a text that are known by the form around them."""
    lower = text.lower()
    if clues.words:
        yield from _said(text, lower, source=source)
    if clues.made_up and "/" in text and _PATH_HINT.search(text):
        yield from _paths(text)
    if clues.numbers:
        yield from find_officials(text)
    yield from find_in_urls(text, lower, clues)
    yield from find_arguments(text, lower)
    if clues.signs:
        yield from _marked(text, lower)
    elif "contains (" in text or "Key (" in text:
        yield from find_in_statements(text, lower)


def _said(text: str, lower: str, *, source: bool) -> Iterator[Finding]:
    if "response=" in text:
        yield from (Finding(*match.span("value"), "credentials") for match in _DIGEST.finditer(text))
    if (" " in text or "+" in text) and _SCHEME_HINT.search(lower):
        yield from _schemes(text)
    if _PROSE_HINT.search(lower):
        yield from _prose(text, source=source)
        yield from _told(text, lower)
        if "'" in text or '"' in text or "code" in lower or "password" in lower:
            yield from _beside_field(text)
    if "login" in text and "password" in text:
        yield from (
            Finding(*match.span("value"), "command-line")
            for match in _NETRC.finditer(text)
            if not is_message(match["value"])
        )
    yield from _redis(text)


def _marked(text: str, lower: str) -> Iterator[Finding]:
    """Yield what stands beside a sign: in the address of a user, in quotes, in elements, in statements."""
    if "'" in text or '"' in text:
        yield from _listed(text)
    yield from _marked_up(text, lower)
    yield from find_in_statements(text, lower)


def _paths(text: str) -> Iterator[Finding]:
    for match in _PATH_TOKEN.finditer(text):
        if is_opaque(match["value"]) and not match["value"].startswith("v1"):
            yield Finding(*match.span("value"), "path-token")


def _redis(text: str) -> Iterator[Finding]:
    if "AUTH" in text or "requirepass" in text or "masterauth" in text:
        for match in _REDIS.finditer(text):
            if not is_harmless(match[match.lastgroup or 0]):
                yield Finding(*match.span(match.lastgroup or 0), "credentials")


def _beside_field(text: str) -> Iterator[Finding]:
    for match in _BESIDE_FIELD.finditer(text):
        if match["key"] is None:
            yield Finding(*match.span(match.lastgroup or ""), "spoken-secret")
        elif verdict(kind_of(match["key"]), match["key"], match["before"]) == Kind.SECRET.value:
            yield Finding(*match.span("before"), Kind.SECRET.value)


def _schemes(text: str) -> Iterator[Finding]:
    for match in _SCHEME.finditer(text):
        value = match["value"]
        mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
        cased = (
            match["scheme"].lower() in _ALONE
            and not is_plain_name(value)
            and not value.islower()
            and not value.istitle()
            and not value.isupper()
            and value.isalpha()
        )
        if (
            (mixed or cased or value.endswith("="))
            and not is_harmless(value)
            and not _QUANTITY.fullmatch(value)
            and not re.fullmatch(r"[\w-]+[=:].*", value.rstrip("="))
            and not (value.endswith("=") and text[match.end("value") : match.end("value") + 1] in {'"', "\\"})
        ):
            yield Finding(*match.span("value"), "credentials")


def _prose(text: str, *, source: bool) -> Iterator[Finding]:
    of_resources = "arn:" in text
    for match in _PROSE.finditer(text):
        value = match["value"].rstrip(",.;:)]}!?")
        key = match["key"].lower()
        digits = any(map(str.isdigit, value))
        written = digits and (any(map(str.isalpha, value)) or key in _NUMBERS_ONLY or "code" in key or "number" in key)
        signs = len(value) >= 6 and any(sign in value for sign in "!@#$%^&*~") and any(map(str.isalpha, value))
        told = match["quote"] not in {"", "<"} and len(value) >= 4
        if (match["quote"] or "/" in value) and _is_name_of(key, value):
            continue
        if of_resources and _OF_RESOURCE.search(text, max(0, match.start() - 120), match.start()):
            continue
        if is_algorithm(value) or _OF_CODE.fullmatch(value) or is_of_code(value) or _QUANTITY.fullmatch(value):
            continue
        if key in _DIGITS_ONLY and digits and not _NUMBER.fullmatch(value):
            continue
        if (key == "pass" and not is_chosen(value)) or _ASIDE.match(text, match.start("quote")):
            continue
        if told and not match["verb"] and _OF_MARKUP.match(value):
            continue
        if "(" in value and is_call(value):
            continue
        if match["of"] and not match["verb"] and not told and not is_chosen(value):
            continue
        if (
            (written or signs or told)
            and not is_harmless(value)
            and not is_harmless(match["value"])
            and not is_message(value)
            and "=" not in value[:-2]
            and ":" not in value
            and not (
                source
                and not told
                and not is_literal(value)
                and not in_comment(text, match.start())
                and not in_quotes(text, match.start())
            )
        ):
            begin = match.start("value")
            yield Finding(begin, begin + len(value), "spoken-secret")


def _is_name_of(key: str, value: str) -> bool:
    """Whether what is quoted after a word is no secret: a parser's token, or the name that a store has for a secret."""
    if _DOTTED.fullmatch(value) and kind_of(value) is not Kind.ORDINARY:
        return True
    return key in {"token", "secret", "key", "credential", "credentials"} and _STORE_NAME.fullmatch(value) is not None


def _told(text: str, lower: str) -> Iterator[Finding]:
    for match in _BACKWARDS.finditer(text) if " is " in lower or " was " in lower else ():
        value = match["value"]
        if any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and "=" not in value and ":" not in value:
            yield Finding(*match.span("value"), "spoken-secret")
    yield from (
        Finding(*match.span("value"), "spoken-secret")
        for match in (_KEY_SAID.finditer(text) if "key" in lower else ())
        if is_opaque(match["value"]) and not _OF_PUBLIC_KEYS.search(text, max(0, match.start() - 12), match.end())
    )


def _listed(text: str) -> Iterator[Finding]:
    """Yield what stands after a name in a list: ``('password', '..')``."""
    for match in _LISTED.finditer(text):
        rule = verdict(kind_of(match["key"]), match["key"], match["value"])
        secret = rule == Kind.SECRET.value and not re.fullmatch(r"[A-Za-z_.\- ]*", match["value"])
        person = rule == Kind.PERSON.value and _PERSON.fullmatch(match["value"]) and _is_alone(text, match)
        person = person and not _is_of_fields(text, match)
        if rule and (secret or person):
            yield Finding(*match.span("value"), rule)


def _is_of_fields(text: str, match: re.Match[str]) -> bool:
    """Whether two names are all of a list of fields: ``'fields': ['LastName', 'Company']``."""
    return match["value"].isidentifier() and _FIELDS.search(text, max(0, match.start() - 40), match.start()) is not None


def _is_alone(text: str, match: re.Match[str]) -> bool:
    """Whether a name and a value are all that there is between brackets."""
    return text[match.start() - 1 : match.start()] in {"(", "["} and text[match.end() : match.end() + 1] in {")", "]"}


def _marked_up(text: str, lower: str) -> Iterator[Finding]:
    patterns = []
    if "type=" in lower and "value=" in lower:
        yield from (
            Finding(*match.span("value"), Kind.SECRET.value)
            for match in _TYPED.finditer(text)
            if not is_harmless(match["value"])
        )
    if "<" in text:
        patterns += [_ELEMENT, _ATTRIBUTE]
    if "value" in lower or "content" in lower or "default" in lower:
        patterns.append(_NAMED)
    if "name=" in lower and "\n" in text:
        patterns.append(_PART)
    for pattern in patterns:
        for match in pattern.finditer(text):
            rule = verdict(kind_of(match["key"]), match["key"], match["value"])
            if rule and not (pattern is _ELEMENT and match["value"][0] in "/'\"). "):
                yield Finding(*match.span("value"), rule)
