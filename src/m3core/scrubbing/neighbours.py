"""What stands beside a value and names it: a name and a value in one mapping, an item of a list after its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from m3core.scrubbing.keys import Kind, about_secret, is_of_telephones, kind_of
from m3core.scrubbing.packed import text_of
from m3core.scrubbing.policy import FILTERED
from m3core.scrubbing.values import is_chosen, is_message, is_opaque, is_plain_measure

__all__ = [
    "columns_of",
    "is_counting",
    "is_jwk_secret",
    "is_measured",
    "is_measurement",
    "is_of_taste",
    "is_of_versions",
    "is_pair",
    "is_value_of_pair",
    "kind_after",
    "kind_named",
    "only_describes",
    "without_columns",
]

_NAME_OF_PAIR = re.compile(
    r"(?:.*_|parameter|field|property|attribute|env|variable|header|setting)?"
    r"(?:name|key|header|field|k|param|parameter|variable|setting|option|property|flag|attribute|attr|column|label|id"
    r"|path)",
    re.IGNORECASE,
)
_VALUE_OF_PAIR = re.compile(
    r"(?:.*_|parameter|field|property|attribute|env|variable|header|setting|rejected|invalid|received|actual|default"
    r"|input)?"
    r"(?:value|val|values|v|content|data|result|answer|input|received|old|new|before|after|previous|original)",
    re.IGNORECASE,
)
#: A text as ``repr`` writes it, which is how the variables of frames are.
_REPR = re.compile(r"[bu]?(?P<quote>['\"])(?P<text>.*)(?P=quote)", re.DOTALL)
#: The private parts of a key (RFC 7517, RFC 7518 6.2.2, 6.3.2, 6.4).
_OF_JWK = frozenset(["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
#: What stands beside the value of a cookie in a browser's record of it.
_OF_COOKIES = frozenset(["httpOnly", "httponly", "sameSite", "samesite", "domain"])
#: Options of curl and wget that are followed by a user and a password.
_USER_OPTIONS = frozenset(["-u", "--user", "-U", "--proxy-user"])
_NAME = re.compile(r"-{0,2}[^\W\d_][^\s=&,;\"'{}()]{1,60}:?")
#: The name in a pair, which has a place of its own.
_NAME_IN_PAIR = re.compile(r"[^\W\d_][^=&,;\"'{}()\n]{1,60}:?")
#: What names a value only if it is a field's name, and no route or identifier.
_PLACES = frozenset(["path", "id", "label"])
_FIELD = re.compile(r"[^\W\d_]\w{1,40}")
#: An identifier may hold the letters of a name by chance, ``req_8fPINq27``; the name of a field has a digit at most.
_OF_IDS = re.compile(r"(?:^|_|[a-z])(?:id|Id)$|(?:^|_)ID$")
_NUMBERED = re.compile(r"\d[^\d]*\d")
_IDENTIFIER = re.compile(r"[A-Za-z_.\-]*")
#: What a cookie of taste holds: a word, a language, a small number.
_TASTE = re.compile(r"[a-z]{1,12}(?:[_\-][a-z]{1,12}){0,3}|[a-z]{2}[-_][A-Z]{2}|\d{1,3}(?:\.\d{1,3})?")


#: A text about it, and what fills its places, as Ecto has the errors of a form.
_SAID = re.compile(r"\\*[\"'](?P<said>[^\"'\\]{8,200})\\*[\"'](?:,\s?\[[\w:, ]{0,80}\])?")
_DESCRIBED = re.compile(
    r"""\\{0,3}["'](?P<key>\w{2,40})\\{0,3}["']:\s?(?:\\{0,3}["'](?P<text>[\w.\-]{1,40})\\{0,3}["']"""
    r"""|(?P<bare>\d{1,7}(?:\.\d{1,3})?|true|false|null|True|False|None))\s*,?\s*"""
)
#: A word for what is not shown, and what a query asks of a field.
_MASKED = re.compile(r"[A-Z_]{3,24}|\$(?:exists|size|type): ?(?:true|false|null|\d{1,9})")
_LONGEST_OF_DESCRIPTIONS = 400
#: What somebody typed, beside the name of a field.
_TYPED = frozenset(["text"])
_FIELD_NAME = re.compile(r"(?:field|input)_?(?:name|id)?", re.IGNORECASE)
_RELEASE = re.compile(r"v?\d{1,5}(?:\.\d{1,5}){2,3}")
_OF_MACHINES = re.compile(
    r"(?<![a-z])ip(?:v4)?(?![a-z])|addr|host|client|remote|peer|proxy|forwarded|gateway", re.IGNORECASE
)
_OF_PEOPLE = frozenset([Kind.PERSON, Kind.NUMBER, Kind.ADDRESS, Kind.PARTY])
_ROWS = frozenset(["row", "rows", "data", "values", "records"])
#: The units that Sentry knows (the protocol of its metrics).
_UNITS = frozenset(
    re.findall(
        r"\S+",
        """
    none nanosecond microsecond millisecond second minute hour day week bit byte kilobyte kibibyte megabyte mebibyte
    gigabyte gibibyte terabyte tebibyte ratio percent
    """,
    )
)
#: What says which secret of a store is meant: ``{"secretRef": {"name": ..}}``.
_REFERRING = frozenset(
    ["name", "key", "namespace", "kind", "version", "provider", "type", "store", "path", "alg", "typ", "kid"]
)
#: What programs call a record of their own there: words and numbers, joined.
_REFERRED = re.compile(r"[a-z][a-z0-9]{0,20}(?:[\-_.][a-z0-9]{1,20}){1,6}")
#: Under these a list of two names two fields, and is no name and its value.
_OF_FIELDS = re.compile(r"(?:^|[_\-.a-z])(?:fields|columns|required|missing)$", re.IGNORECASE)
_MOST_MEASURED = 10**12
#: No telephone has a letter right beside a digit, but for its extension.
_NO_NUMBER = re.compile(r"[a-wyz]\d|\d[a-wyz]")
_COUNTING = re.compile(
    r"(?:^|[a-z_.\-])(?:counts?|widths?|lengths|sizes|stats|totals|hits|misses|indexes|positions|offsets|limits)$",
    re.IGNORECASE,
)


@lru_cache(maxsize=8192)
def is_value_of_pair(key: str) -> bool:
    """Whether a key is what the value is called where its name stands beside it."""
    return _VALUE_OF_PAIR.fullmatch(key) is not None or key in _TYPED


def is_of_versions(value: Mapping[Any, Any]) -> bool:
    """Whether it says the versions of things under their names: of three parts or four, and not all of four."""
    fewest = 4
    for key, item in value.items():
        if not (type(key) is str and type(item) is str and (_RELEASE.fullmatch(item))):
            return False
        if _OF_MACHINES.search(key) or kind_of(key) in _OF_PEOPLE:
            return False
        fewest = min(fewest, item.count(".") + 1)
    return len(value) > 1 and fewest == 3


def is_jwk_secret(name: str) -> bool:
    """Whether a name is one of a private part, in a key that is written as JSON: one with ``kty``."""
    return name in _OF_JWK


def kind_named(value: Mapping[Any, Any]) -> Kind | None:
    """Return what a name and a value side by side say of the value: ``{"name": "Authorization", "value": ..}``."""
    held = [key for key in value if isinstance(key, str) and is_value_of_pair(key)] if len(value) <= 40 else []
    if not held or (_TYPED.issuperset(held) and not any(map(_FIELD_NAME.fullmatch, map(str, value)))):
        return None
    if not _OF_COOKIES.isdisjoint(value):
        return Kind.OPAQUE
    where = value.get("loc", value.get("path") if "op" in value else None)
    where = where.split("/") if isinstance(where, str) else where
    if (
        isinstance(where, list | tuple)
        and where
        and isinstance(where[-1], str)
        and kind_of(where[-1]) is not Kind.ORDINARY
    ):
        return kind_of(where[-1])
    for key, said in value.items():
        if isinstance(key, str) and isinstance(said, str) and _NAME_OF_PAIR.fullmatch(key):
            no_name = key in _PLACES and not _FIELD.fullmatch(said)
            identity = _OF_IDS.search(key) and _NUMBERED.search(said)
            kind = Kind.ORDINARY if no_name or identity else kind_of(_bare(said))
            if kind is not Kind.ORDINARY:
                return kind
    return None


def is_of_taste(name: str, value: Any) -> bool:
    """Whether a cookie of a name only says what somebody likes, or that there is one: ``theme``, ``dark``."""
    if isinstance(value, bool) or value is None:
        return True
    plain = isinstance(value, str | int | float) and _TASTE.fullmatch(str(value)) is not None
    return plain and kind_of(name) is Kind.ORDINARY and len(name) > 3


def only_describes(inside: str, key: str) -> bool:
    """Whether what is in brackets under a secret's name only says something about it: lengths, switches, kinds."""
    if len(inside) > _LONGEST_OF_DESCRIPTIONS:
        return False
    if _MASKED.fullmatch(inside.strip()):
        return True
    said = _SAID.fullmatch(inside.strip())
    if said:
        return is_message(said["said"])
    pairs = [(match["key"], match["text"] or match["bare"]) for match in _DESCRIBED.finditer(inside)]
    counts = key.lower().endswith("tokens")
    return (
        bool(pairs)
        and _DESCRIBED.sub("", inside).strip(" ,\n") == ""
        and all(
            (about_secret(name) and is_plain_measure(value))
            or (counts and value.isdigit())
            or (key.lower().endswith("cookies") and is_of_taste(name, value))
            for name, value in pairs
        )
    )


def columns_of(value: Mapping[Any, Any]) -> list[Kind]:
    """Return what stands in each column of a table, whose heads are a list beside its rows; nothing: it is none."""
    for key in ("columns", "headers", "header", "fields", "cols"):
        heads = value.get(key)
        if isinstance(heads, Mapping) and all(str(place).isdecimal() for place in heads):  # by the places of columns
            heads = list(heads.values())
        if isinstance(heads, list | tuple) and 0 < len(heads) <= 200 and all(isinstance(head, str) for head in heads):
            return [Kind.ORDINARY if about_secret(head, kind_of(head)) else kind_of(head) for head in heads]
    return []


def without_columns(name: str, item: Any, columns: list[Kind]) -> Any:
    """Return the rows of a table, or a row, without the cells that go by their columns; anything else as it is."""
    if name not in _ROWS:
        return item
    if isinstance(item, Mapping) and not _is_row(item, columns):
        return {key: _without_cells(row, columns) for key, row in item.items()}
    if isinstance(item, list | tuple) and any(isinstance(row, list | tuple | Mapping) for row in item):
        return [_without_cells(row, columns) for row in item]
    return _without_cells(item, columns)


def _is_row(item: Any, columns: list[Kind]) -> bool:
    if isinstance(item, Mapping):
        return all(str(place).isdecimal() and int(place) < len(columns) for place in item) and not any(
            isinstance(cell, list | tuple | Mapping) for cell in item.values()
        )
    return isinstance(item, list | tuple) and len(item) == len(columns)


def _without_cells(row: Any, columns: list[Kind]) -> Any:
    if not _is_row(row, columns):
        return row
    gone = [kind in {Kind.SECRET, Kind.PERSON, Kind.ADDRESS} for kind in columns]
    if isinstance(row, Mapping):
        return {place: FILTERED if gone[int(place)] and cell is not None else cell for place, cell in row.items()}
    return [FILTERED if out and cell is not None else cell for cell, out in zip(row, gone, strict=True)]


def is_measurement(value: Mapping[Any, Any]) -> bool:
    """Whether it is a value with its unit and nothing else, as the measurements of a transaction are."""
    unit = value.get("unit")
    return isinstance(unit, str) and unit in _UNITS and set(value) == {"value", "unit"}


def is_counting(key: str) -> bool:
    """Whether a table under a name says how many of each there are: ``invalid_counts``, ``widths``."""
    return _COUNTING.search(key) is not None


def is_measured(name: str, item: Any) -> bool:
    """Whether a number, or a unit, stands under a name that is only about a secret: how many tokens there were."""
    if isinstance(item, int | float):
        return abs(item) < _MOST_MEASURED
    if name in _REFERRING and isinstance(item, str):  # where the secret is: {"secretRef": ..}
        named = name != "key" and _REFERRED.fullmatch(item) and not is_opaque(item) and not is_chosen(item)
        return bool(named) or is_plain_measure(item)
    return name == "unit" and isinstance(item, str) and item in _UNITS


def is_pair(key: str, items: list[Any]) -> bool:
    """Whether the items of a list under a name may be a name and its value: two, and no names of fields."""
    return len(items) == 2 and not _OF_FIELDS.search(key)


def kind_after(before: Any, item: Any, *, paired: bool) -> Kind:
    """Return what an item of a list is by the one before it, as headers, arguments and pairs are often written."""
    name = text_of(before) if isinstance(before, bytes) else before
    name = _bare(name) if isinstance(name, str) else name
    if isinstance(name, str) and name in _USER_OPTIONS and isinstance(item, str) and ":" in item[1:-1]:
        return Kind.SECRET
    if (
        not isinstance(name, str)
        or len(name) > 60
        or ":" in name[:-1]
        or not (_NAME_IN_PAIR if paired else _NAME).fullmatch(name)
    ):
        return Kind.ORDINARY
    kind = kind_of(name)
    made = paired and isinstance(item, str) and (is_opaque(_bare(item)) or is_chosen(_bare(item)))
    if kind is Kind.ORDINARY or (not made and (kind is Kind.OPAQUE or about_secret(name, kind))):
        return Kind.ORDINARY
    # Another name, or after that of a kind of machine, as ``mobile-nav``, what is no number.
    if isinstance(item, str) and (
        _is_name(_bare(item), kind, paired=paired)
        or (kind is Kind.PERSON and is_of_telephones(name) and _NO_NUMBER.search(item))
    ):
        return Kind.ORDINARY
    if isinstance(item, str | bytes) or (paired and not isinstance(item, Mapping | list | tuple)):
        return kind
    return Kind.ORDINARY


def _is_name(item: str, kind: Kind, *, paired: bool) -> bool:
    """Whether an item that follows a name only names something else: another field, a kind of value.

    In a pair a person's name is a value, and one with a large letter or a blank is no field's.
    """
    if not _IDENTIFIER.fullmatch(item):
        return False
    if paired and kind in {Kind.PERSON, Kind.ADDRESS, Kind.NUMBER}:
        return len(item) < 2 or (item.islower() and (kind_of(item) is not Kind.ORDINARY or "_" in item))
    return True


def _bare(text: str) -> str:
    """Return a text without the quotes that ``repr`` puts around it."""
    match = _REPR.fullmatch(text) if len(text) < 500 else None
    return match["text"] if match else text
