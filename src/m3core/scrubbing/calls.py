"""Secrets in calls of functions, in source and in what quotes it: arguments, defaults, keys for signing.

``connect("crm", "..")``, ``user.set_password("..")``, ``getenv("DB_PASSWORD") ?: ".."``, ``jwt.encode(claims, "..")``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from m3core.scrubbing.judgement import verdict
from m3core.scrubbing.keys import Kind, kind_of
from m3core.scrubbing.policy import FILTERED, Finding
from m3core.scrubbing.values import is_chosen, is_harmless, is_opaque

__all__ = ["find_calls"]

_LITERAL = r"[bBrRuU]?(?P<quote>\\{0,2}[\"'])(?P<value>[^\"'\n\\]{4,400})(?P=quote)"
# A user, and then a password.
_USER_AND = re.compile(
    r"(?:\bauth\s?=\s?|\b(?:HTTP)?(?:Basic|Digest|Proxy|Http)?Auth|\blog_?in|\bsign_?in|\bauthenticate|\b\w*connect"
    r"(?:ion)?"
    r"|\b\w*[cC]redentials?|\bCredentials\.basic|\bcreate_?(?:super)?_?user|\badd_?user|\bset_?auth|\bbasic_?auth"
    r"|\bauth)"
    r"\((?:[^()\"'\n]{0,80},)?(?:\s*[\"'][^\"'\n]{0,100}[\"'],){1,2}\s*" + _LITERAL,
    re.IGNORECASE,
)
# What makes a connection, a session or a credential, in a trace that shows the arguments: each of them is looked at.
_OPENS = re.compile(r"(?P<name>[A-Za-z_][\w:.>\\\-]{1,100}+)(?:\(|,\[)")
_OPENERS = re.compile(
    r"(?:\b(?:PDO\w*|mysqli?|Redis\w*|Memcached|SoapClient|Doctrine[\w\\]{1,80})(?:->|::)__construct"
    r"|(?:bind|bind_s|log_?in|connect|imap_open|auth\w{0,20}|_verify|_hash|sign_?in|basic|Credentials?|Authentication"
    r"|AuthenticationToken|(?:Mongo|Redis|Sql|Db)\w{0,12}|Session|Client|FTP|SMTP|IMAP|LDAP|POP3|SSH|SFTP|Connection)"
    r"(?:(?:::|\.|->)(?:new|start|open|__construct))?|,login)$",
    re.IGNORECASE,
)
#: What takes where, who and a password, in this order.
_OPENERS_OF_THREE = re.compile(r"\b(?:PDO|mysqli)(?:->|::)__construct$|\b(?:mysqli?|pg|oci|ibase|odbc)_p?connect$")
_LONGEST_CALL = 400
_ARGUMENT = re.compile(
    r"(?:[bBrRuU]|<<)?(?P<quote>\\{0,2}[\"'])(?P<value>[^\"'\n\\]{1,400})(?P=quote)(?=>>|[\s,.)\]]|$)"
)
# The first argument says where or who, but of these.
_FIRST = re.compile(r"\s*(?:\\{0,2}[\"'][^\"'\n]{0,400}[\"']|[^,()\"']{1,60})(?:,|(?=[)\]]))")
_TAKES_ONE = re.compile(r"(?:auth|_verify|_hash|password)$", re.IGNORECASE)
# A function that takes a secret and nothing else.
_TAKES = re.compile(
    r"(?<![\w])(?P<key>(?!get|find|has|is_|read|load|parse|forget|reset|delete|remove|by|require|assert|describe"
    r"|test)\w{0,30}?"
    r"(?:pass(?:word|wd|phrase)|pwd|secret|api_?key|token|pin))\(\s*" + _LITERAL + r"\s*[,)]",
    re.IGNORECASE,
)
# A key for a signature, a cipher or a hash.
_SIGNS = re.compile(
    r"\b(?:jwt\.(?:encode|sign|decode|verify)|create(?:Hmac|Cipheriv|Decipheriv)|hmac\.(?:new|digest|update)"
    r"|hash_hmac|bcrypt\.\w{4,16}"
    r"|hashpw|checkpw|pbkdf2\w{0,20}|scrypt\w{0,6}|encrypt|decrypt|Signer|Serializer|SecretKeySpec|Fernet)\(\s*"
    r"(?:[\w.]{1,40},\s*|[\"'][\w\-]{2,20}[\"'],\s*)?" + _LITERAL,
    re.IGNORECASE,
)
# What is taken where a setting is not there.
_DEFAULT = re.compile(
    r"(?P<key>[A-Za-z][\w.\-]{2,60})[\"')\]]{0,4}\s{0,4}(?:\|\||\?\?|\?:|\bor\b)\s{0,4}"
    + _LITERAL
    + r"|[\"']-{0,2}(?P<option>[A-Za-z][\w\-]{2,60})[\"'],[^()\n]{0,120}?\bdefault\s?=\s?[\"']"
    r"(?P<given>[^\"'\n]{4,400})[\"']"
    r"|(?P<field>[A-Za-z]\w{2,60})\s?(?::[^=\n]{1,40})?=\s?[\w.]{1,60}\([^()\n]{0,120}?\bdefault\s?=\s?[\"']"
    r"(?P<set>[^\"'\n]{4,400})[\"']"
    r"|[\"'](?P<block>[A-Za-z][\w\-]{2,60})[\"']\s?\{[^{}]{0,200}?\bdefault\s{0,12}=\s{0,4}[\"']"
    r"(?P<of>[^\"'\n]{4,400})[\"']"
    r"|\$\{(?P<place>[A-Za-z][\w.\-]{2,60}):-?(?P<else>[^{}$?\n]{4,400})\}"
)
_HINT = re.compile(
    r"pass|pwd|secret|key|token|pin|auth|login|log_in|sign|connect|credential|user|hmac|hash|crypt|cipher|jwt|fernet"
    r"|bind|session|client|construct|imap|ftp|smtp|ldap|basic\("
)


def find_calls(text: str, lower: str) -> Iterator[Finding]:
    """Yield the literals that are secrets because of the function that takes them, or the setting they are for."""
    if not _HINT.search(lower):
        return
    if "(" in text:
        for pattern in (_USER_AND, _TAKES, _SIGNS):
            for match in pattern.finditer(text):
                if (pattern is _USER_AND and _is_secret(match["value"], loose="auth" in match[0].lower())) or (
                    pattern is not _USER_AND and _is_secret(match["value"])
                ):
                    yield Finding(*match.span("value"), "credentials")
    if "(" in text or ",[" in text:
        yield from _opened(text)
    if "default" in lower or "||" in text or "?" in text or " or " in text or "${" in text:
        for match in _DEFAULT.finditer(text):
            key = match["key"] or match["option"] or match["field"] or match["block"] or match["place"]
            group = match.lastgroup or "value"
            if kind_of(key) is Kind.SECRET and verdict(Kind.SECRET, key, match[group]):
                yield Finding(*match.span(group), Kind.SECRET.value)


def _opened(text: str) -> Iterator[Finding]:
    for match in _OPENS.finditer(text):
        name, begin = match["name"], match.end()
        if not _OPENERS.search(name):
            continue
        end = text.find(")", begin, begin + _LONGEST_CALL)
        if not _TAKES_ONE.search(name):
            first = _FIRST.match(text, begin)
            begin = first.end() if first else begin
        known = _OPENERS_OF_THREE.search(name) is not None
        arguments = _ARGUMENT.finditer(text, begin, (end if end >= 0 else begin + _LONGEST_CALL) + 1)
        for place, argument in enumerate(arguments):
            value = argument["value"]
            chosen = (
                (known and place == 1) or is_chosen(value) or (is_opaque(value) and not _NO_SECRET.fullmatch(value))
            )
            if chosen and not is_harmless(value):
                yield Finding(*argument.span("value"), "credentials")


def _is_secret(value: str, *, loose: bool = False) -> bool:
    if value == FILTERED or is_harmless(value) or _NO_SECRET.fullmatch(value):
        return False
    written = any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and len(value) >= 6
    return written or loose or is_chosen(value) or is_opaque(value)


# Names of algorithms, of fields and of versions.
_NO_SECRET = re.compile(
    r"(?:hs|rs|es|ps|sha|md|aes|utf|v|bcrypt|argon|pbkdf|scrypt)[-_]?\d[\w\-]*|(?:pass(?:word)?|secret|token|pin|key"
    r"|user|field)_?\d"
    r"|[a-z_\-]+|[A-Z_]+|[\w.\-]+\.[a-z]{2,5}|https?://[^\s@]+",
    re.IGNORECASE,
)
