"""What becomes of a value by its key: the rule by which it goes, or that it stays, and what it is then."""

from __future__ import annotations

import re

from m3core.scrubbing.keys import Kind, about_secret, is_of_telephones, is_personal_number
from m3core.scrubbing.persons import is_person_name
from m3core.scrubbing.policy import FILTERED
from m3core.scrubbing.values import (
    is_chosen,
    is_harmless,
    is_message,
    is_of_code,
    is_opaque,
    is_plain_measure,
    is_release,
)

__all__ = ["verdict"]

#: Under these a small number is a count of them.
_COUNTABLE = re.compile(r"(?:tokens?|cookies?|secrets|credentials)$", re.IGNORECASE)
#: How somebody signs in, or what a session does.
_WORD = re.compile(r"[a-z]{2,12}")
_POSTAL = re.compile(r"\d{3}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d", re.IGNORECASE)
_FEWEST_OF_TELEPHONES = 5
#: A longer value goes unread: to read each rest of a text in which the name comes again takes the square of its length.
_LONGEST_OF_TELEPHONES = 500
_NUMBERED = re.compile(r"[_\-.]?v?\d{1,3}\]?$|\]$")
_RELEASE = re.compile(r"v?\d{1,4}(?:\.\d{1,6}){1,3}")
_MODULE = re.compile(r"[a-z_]{2,30}(?:\.[a-z_]{2,30}){2,8}")
#: What .NET names an assembly's key by, of which it tells nothing.
_OF_ASSEMBLY = re.compile(r"[0-9a-f]{16}")
#: A record of a secret is called by a number or a UUID, which open nothing.
_OF_RECORD = re.compile(r"(?:token|key|password|credential)[_\-.]?id$", re.IGNORECASE)
_RECORD = re.compile(r"\d{1,12}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
#: The settings of a connection, none of which is of somebody.
_NO_CREDENTIAL = re.compile(
    r"(?:(?!user|uid|p(?:ass)?wo?r?d|.{0,40}?(?:key|token|secret|sig)\b)[\w .]{1,40}=[^;=]{0,100}(?:;|$))+",
    re.IGNORECASE,
)
_VERSION = re.compile(r"v?\d{1,5}(?:\.\d{1,5}){1,3}[\w.+\-]{0,24}")


def verdict(kind: Kind, key: str, value: str, *, quoted: bool = True) -> str | None:
    """Return the rule by which a value under a key goes, or None where it stays."""
    if kind is Kind.PARTY:
        return kind.value if is_person_name(value) else None
    if kind is Kind.ORDINARY or value == FILTERED or is_harmless(value):
        return None
    if value[-1] in "'\"" and len(value) > 3 and value[0] in "'\"bu":  # a text as `repr` writes it
        value = value[value[0] in "bu" :]
        value = value[1:-1] if value[0] == value[-1] else value
    return None if _says_little(kind, key, value) or _stays(kind, key, value, quoted=quoted) else kind.value


def _says_little(kind: Kind, key: str, value: str) -> bool:
    """Whether a value under a key that may be one of secrets only counts, names or describes."""
    if kind is Kind.PERSON:
        few = (
            len(value) <= _LONGEST_OF_TELEPHONES
            and sum(map(str.isdigit, value)) < _FEWEST_OF_TELEPHONES
            and is_of_telephones(key)
            and not (is_chosen(value) or is_opaque(value))
        ) or (key.lower().endswith("version") and _VERSION.fullmatch(value) is not None)
    elif kind is Kind.SECRET:
        few = (
            (key in {"PWD", "OLDPWD"} and value.startswith("/"))  # a shell's working directory
            or (value.isdigit() and len(value) <= 5 and _COUNTABLE.search(key) is not None)
            or (key.lower() in {"cookie", "cookies"} and _WORD.fullmatch(value) is not None)  # its name
            or (key == "PublicKeyToken" and _OF_ASSEMBLY.fullmatch(value) is not None)
            or (_OF_RECORD.search(key) is not None and _RECORD.fullmatch(value) is not None)
            or (
                key.lower().endswith(("connectionstring", "connection_string", "connstr"))
                and _NO_CREDENTIAL.fullmatch(value) is not None
            )
        )
    else:
        few = False
    named = is_release(key, value, surely=kind is Kind.SECRET) or is_of_code(value) or _is_same_column(key, value)
    return few or named or (about_secret(key, kind) and is_plain_measure(value))


def _stays(kind: Kind, key: str, value: str, *, quoted: bool) -> bool:
    lower = key.lower()
    if kind is Kind.SECRET:
        return is_message(value) and "phrase" not in lower and "mnemonic" not in lower
    if kind is Kind.GROUP:
        short = not quoted and len(value) < 4
        return short or any(form.fullmatch(value) is not None for form in (_WORD, _RELEASE, _MODULE))
    if kind is Kind.OPAQUE:
        return not any(map(is_opaque, value.split(","))) and not (_opens(key) and is_chosen(value))
    if kind is Kind.NUMBER:
        return not is_personal_number(value)
    if kind is Kind.PERSON:
        return is_message(value) or not any(character.isalnum() for character in value)
    return _is_machine(value) or (lower.endswith("zip") and _POSTAL.search(value) is None)


def _is_same_column(key: str, value: str) -> bool:
    """Whether a statement compares a column with that of the same name in another table: ``t.email = s.email``."""
    table, _, column = value.rpartition(".")
    return table.isidentifier() and column == key.rpartition(".")[2]


def _opens(key: str) -> bool:
    """Whether it is called a key, and not a code or a license, whose values are often short and plain."""
    return _NUMBERED.sub("", key.lower()).endswith(("key", "salt", "pat", "keycode", "seed", "pem"))


def _is_machine(value: str) -> bool:
    """Whether an address is one of a machine, of memory or of a page."""
    bare = value.strip()
    return (
        " " not in bare
        and bare.isascii()
        and re.fullmatch(r"0x[0-9a-fA-F]+|[0-9a-fA-F]{6,}|[\w.\-/:%\[\]@?=&#]*[.:/][\w.\-/:%\[\]@?=&#]*|[a-z_]+", bare)
        is not None
    )
