"""Values under the names of secrets that name something else: a field, a type, an error, a file."""

from __future__ import annotations

import re
from functools import lru_cache

from m3core.scrubbing.values import is_chosen, is_opaque

__all__ = [
    "is_alike",
    "is_error_code",
    "is_identifier",
    "is_measured",
    "is_page",
    "is_path",
    "is_plain_name",
    "is_reference",
    "is_setting",
    "is_tag",
    "is_word_of_grammar",
    "items_of",
]

#: Letters alone, in words that are joined: ``ClientIP``, ``read-write``, ``Europe/Berlin``, ``usr.session_id``.
_NAME = re.compile(r"_{0,2}[A-Za-z]{1,30}(?:[\-_. /][A-Za-z]{1,30}){0,7}")
_LONGEST = 80
_CASES = re.compile(r"[a-z](?=[A-Z])")
_PARTS = re.compile(r"[._\-]|(?<=[a-z])(?=[A-Z])")
_WORDS_OF_KEY = re.compile(r"[A-Za-z]{4,}")
_NO_LETTERS = re.compile(r"[^a-z]")
_IDENTIFIER = re.compile(r"_{0,2}[a-z]{1,30}(?:[._][a-z]{1,30}){1,7}")
#: A lexer's or a state machine's: one word or two, or the name of a type.
_WORD = re.compile(
    r"[a-z]{1,20}(?:[-_ ][a-z]{1,20})?|[a-z]{1,20}(?:_[a-z]{1,20}){2,4}"
    r"|[A-Z]{2,20}(?:_[A-Z]{2,20}){0,3}|[A-Z][a-z]{2,20}(?:[A-Z][a-z]{2,20}){1,4}"
)
_ERROR = re.compile(
    r"(?:Bad|Invalid|Missing|Expired|Unknown|Not?|Un|Too|Wrong|Failed|Malformed|Mismatched|Revoked|Unsupported|Illegal)"
    r"(?:[A-Z][a-z]{1,20}){1,5}|(?:[A-Z][a-z]{1,20}){1,5}(?:Error|Exception|Failure|Expired|Missing|Invalid|Mismatch|NotFound)"
)
_TAG = re.compile(
    r"[a-z0-9][a-z0-9_.\-:]{0,60}(?:,? [a-z0-9][a-z0-9_.\-:]{0,24}){0,5}|[A-Z]{2,12}(?:[_ ][A-Z]{2,12}){0,3}"
    r"|[a-z]{2}[\-_][A-Z]{2}|[YMDHIShmisTZCW24:.,\-/ \"]+|/?[a-z][a-z0-9_.\-]{0,40}(?:/[a-z0-9_.\-]{1,40}){0,6}"
)
_REFERENCE = re.compile(r"(?=[^@]{0,80}[\-_./\d])[\w.\-/:]{1,60}(?:, [\w.\-/:]{1,60}){0,7}")
_PATH = re.compile(r"(?:file:)?(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\]{1,2}[\w.\-@]{1,60}){2,12}/?")
_SEGMENT = re.compile(r"[\w.\-@]+")
_ITEMS = re.compile(
    r"\s*(?:[bu]?'(?P<single>[^'\n]{0,80})'|[bu]?\"(?P<double>[^\"\n]{0,80})\"|(?P<bare>[\w.\-]{1,40}))\s*(?:,|$)"
)
_SETTING = re.compile(r"[A-Z][A-Z0-9]{0,20}(?:_[A-Z0-9]{1,20}){1,6}|[a-z]{1,20}(?:_[a-z]{1,20}){1,6}")
_PAGE = re.compile(r"https?://[\w.\-]{1,100}(?::\d{1,5})?(?:/[\w.\-~]{0,60}){0,8}")
_ARN = re.compile(r"arn:aws[\w\-]{0,10}:[\w\-]{1,40}:[\w\-]{0,40}:\d{0,12}:[\w/:.\-+=@*]{1,200}")
_MEASURED = re.compile(r"\d{1,9}\.\d{1,9}|(?:19|20)\d\d-\d\d(?:-\d\d)?(?:[T ][\d:.]{5,15}(?:Z|[+\-]\d\d:?\d\d)?)?")


def is_plain_name(text: str) -> bool:
    """Whether a text is a name or some words, of letters alone and with no more large ones than names have."""
    if len(text) > _LONGEST or not _NAME.fullmatch(text):
        return False
    return len(_CASES.findall(text)) * 4 <= len(text)


def is_identifier(text: str) -> bool:
    """Whether a text is the name of a setting or of an attribute: ``service.name``, ``input_tokens``."""
    return _IDENTIFIER.fullmatch(text) is not None


def is_word_of_grammar(text: str) -> bool:
    """Whether a text is what a parser calls a token, and no machine would make up: ``end_of_line``, ``STRING``."""
    return _WORD.fullmatch(text) is not None


def is_error_code(text: str) -> bool:
    """Whether a text names what is wrong with a secret: ``BadDeviceToken``."""
    return _ERROR.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def is_alike(key: str, value: str) -> bool:
    """Whether a value is but the name of its own field, as tables of names have it: ``{"access_key": "accessKey"}``."""
    if len(value) > _LONGEST or not _NAME.fullmatch(value):
        return False
    squashed = _NO_LETTERS.sub("", value.lower())
    if squashed == _NO_LETTERS.sub("", key.lower()) or squashed in map(str.lower, _WORDS_OF_KEY.findall(key)):
        return True
    key_parts, parts = _PARTS.split(key.lower()), _PARTS.split(value.lower())
    return len(parts) > 1 and parts[-1] == key_parts[-1] and ("." in value or not parts[-1].startswith("pass"))


def is_tag(text: str) -> bool:
    """Whether a literal of a statement is a tag of a program: ``idle in transaction``, ``crm:sync:17``."""
    return _TAG.fullmatch(text) is not None and not is_opaque(text) and not is_chosen(text)


def is_reference(text: str) -> bool:
    """Whether a text is what a program calls a record of its own: ``AB-4410-XL``, ``black-week-2026``."""
    return _REFERENCE.fullmatch(text) is not None and not is_opaque(text)


def is_setting(text: str) -> bool:
    """Whether a text has the form of a setting's or a variable's name: ``DB_PASSWORD``, ``db_password``."""
    return _SETTING.fullmatch(text) is not None


def is_measured(text: str) -> bool:
    """Whether a text is a number with a fraction, a date or a time."""
    return _MEASURED.fullmatch(text) is not None


def is_page(text: str) -> bool:
    """Whether a text is the address of a page, in which nothing was made up and of which nobody is asked."""
    return _PAGE.fullmatch(text) is not None and not any(is_opaque(part) for part in _SEGMENT.findall(text))


def is_path(text: str) -> bool:
    """Whether a text is the path of a file or a name in a cloud, in which nothing was made up."""
    if _ARN.fullmatch(text):
        return True
    if not _PATH.fullmatch(text):
        return False
    return not any(is_opaque(part) or is_chosen(part) for part in _SEGMENT.findall(text))


def items_of(text: str) -> list[str]:
    """Return the texts in a list as ``repr`` writes it; nothing: it is none, or holds something else."""
    if not (text[:1] in {"[", "("} and text[-1:] in {"]", ")"}) or len(text) > 400:
        return []
    items, at, inside = [], 0, text[1:-1]
    while match := _ITEMS.match(inside, at):
        items.append(match[match.lastgroup or "bare"])
        at = match.end()
    return items if at == len(inside) else []
