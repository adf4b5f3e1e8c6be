"""Goes through values of any depth and kind and returns a scrubbed copy, with remarks on what was taken out.

A remark stands at the same place in a tree of its own, in the form of Sentry's ``_meta``:
``{"password": {"": {"rem": [["m3core:secret-key", "s"]]}}}``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time
from typing import Any, final

from m3core.scrubbing.checks import is_card
from m3core.scrubbing.clues import alike
from m3core.scrubbing.fields import DIGEST, IDENTITY, MESSAGE, RANDOM, VERSION, Role, role_of
from m3core.scrubbing.jsontext import write_like
from m3core.scrubbing.judgement import verdict
from m3core.scrubbing.keys import Kind, about_secret, is_personal_number, kind_of, kind_of_path
from m3core.scrubbing.memory import Clean, Memory
from m3core.scrubbing.neighbours import (
    columns_of,
    is_counting,
    is_jwk_secret,
    is_measured,
    is_measurement,
    is_of_taste,
    is_of_versions,
    is_pair,
    is_value_of_pair,
    kind_after,
    kind_named,
    without_columns,
)
from m3core.scrubbing.packed import text_of, texts_of
from m3core.scrubbing.policy import FILTERED, Policy
from m3core.scrubbing.text import is_suspect, scrub_string
from m3core.scrubbing.values import is_harmless

__all__ = ["Meta", "Walk", "note", "remark"]

Meta = dict[str, Any] | None

_GROUP = re.compile(r"(?:[A-Z]{2})?\d{1,6}")
_HOLDERS = frozenset(
    ["value", "raw", "data", "hash", "id", "content", "payload", "val", "current", "secret", "v", "text"]
)
_PLACES = frozenset(["country", "countrycode", "country_code", "state", "region", "timezone", "type", "id", "verified"])
_MOST_JSON = 1_000_000
#: Python writes no whole number of more digits: JSON with one in it would not leave at all.
_MOST_DIGITS = 10**4300
_MOST_COUNTED = 1000
#: Source is remembered apart: what stays in it need not stay elsewhere.
_IN_SOURCE = "\x00source:"


def remark(rules: Iterable[str]) -> dict[str, Any]:
    """Return what stands in ``_meta`` where these rules replaced something."""
    return {"": {"rem": [[f"m3core:{rule}", "s"] for rule in rules]}}


@final
class Walk:
    """One way through a value. It is bounded: what lies too deep, comes back to itself or is too much goes unread."""

    def __init__(self, policy: Policy, memory: Memory) -> None:
        self._policy = policy
        self._memory = memory
        self._clear = memory.clear
        self._values = policy.most_values
        self._text = policy.most_text
        self._above: set[int] = set()
        self._names = True
        #: Texts come again, in frames above all.
        self._done: dict[str, Clean] = {}
        #: What was taken out because of its key: it may stand elsewhere as well.
        self.taken: set[str] = set()

    def value(self, value: Any, key: str = "", *, parent: str = "", kind: Kind | None = None) -> tuple[Any, Meta]:
        """Return a value scrubbed, and the remarks on it; ``key`` is what it stands under.

        Whatever goes wrong with a value, it is taken out and the rest stays.
        """
        self._values -= 1
        if self._values < 0 or len(self._above) > self._policy.deepest:
            return FILTERED, remark(["out-of-bounds"])
        if key and key.lower() in self._policy.allow_keys:
            return value, None
        if kind is None:
            kind = self._kind(key, parent)
        try:
            return self._any(value, key, kind)
        except Exception:  # noqa: BLE001 - objects may raise anything; the event must go on without them
            return FILTERED, remark(["unreadable"])

    def unnamed(self, value: Any) -> tuple[Any, Meta]:
        """Return a value scrubbed whose keys are names of other things: packages, whose values are versions."""
        self._names = False
        try:
            return self.value(value)
        finally:
            self._names = True

    def _kind(self, key: str, parent: str) -> Kind:
        if not key or not self._names or parent == "culture":  # Sentry's own, of languages
            return Kind.ORDINARY
        if key.lower() in self._policy.secret_keys:
            return Kind.SECRET
        kind = kind_of(key)
        if parent and (kind is Kind.ORDINARY or kind is Kind.OPAQUE):
            beside = kind_of_path(parent, key)
            return kind if beside is Kind.ORDINARY else beside
        return kind

    def _any(self, value: Any, key: str, kind: Kind) -> tuple[Any, Meta]:
        if isinstance(value, str):
            return self._string(value, key, kind)
        if value is None or isinstance(value, bool):
            return value, None
        if isinstance(value, Mapping):
            if self._names and kind is Kind.ORDINARY and is_of_versions(value):
                return self.unnamed(value)
            return self._inside(value, key, kind, self._mapping)
        if isinstance(value, list | tuple | set | frozenset):
            return self._inside(value, key, kind, self._sequence)
        return self._other(value, key, kind)

    def _other(self, value: Any, key: str, kind: Kind) -> tuple[Any, Meta]:
        if isinstance(value, int | float):
            return self._number(value, key, kind)
        if isinstance(value, date | time):
            gone = kind is Kind.PERSON and not about_secret(key, kind)
            return (FILTERED, remark([kind.value])) if gone else (value, None)
        if isinstance(value, bytes | bytearray | memoryview):
            return self._bytes(bytes(value), key, kind)
        if isinstance(value, BaseException):
            return self._string(f"{type(value).__name__}: {value}", key, kind)
        return self._string(str(value), key, kind)

    def _inside(
        self, value: Any, key: str, kind: Kind, walk: Callable[[Any, str, Kind], tuple[Any, Meta]]
    ) -> tuple[Any, Meta]:
        if id(value) in self._above:
            return FILTERED, remark(["cycle"])
        self._above.add(id(value))
        try:
            return walk(value, key, kind)
        finally:
            self._above.discard(id(value))

    def _number(self, value: float, key: str, kind: Kind) -> tuple[Any, Meta]:
        # Those of a class of their own may be written in any way, or in none.
        value = int.__int__(value) if isinstance(value, int) else float.__float__(value)
        if isinstance(value, int) and not -_MOST_DIGITS < value < _MOST_DIGITS:
            return FILTERED, remark(["unreadable"])
        if kind is not Kind.ORDINARY and verdict(kind, key, str(value)) is None and kind is not Kind.ADDRESS:
            return value, None
        if key.endswith("s") and 0 <= value < _MOST_COUNTED:  # how many there are
            return value, None
        gone = kind is Kind.SECRET or kind is Kind.PERSON or (kind is Kind.ADDRESS and isinstance(value, int))
        gone = gone or (kind is Kind.NUMBER and is_personal_number(str(value)))
        if gone and not about_secret(key, kind) and not key.lower().endswith("pass"):
            return FILTERED, remark([kind.value])
        if 10**12 < value < 10**19 and value == int(value) and role_of(key) is not Role.IDENTITY:
            digits = str(int(value))
            if len(digits) in {14, 15, 16} and is_card(digits):
                return FILTERED, remark(["card"])
        return value, None

    def _bytes(self, octets: bytes, key: str, kind: Kind) -> tuple[Any, Meta]:
        clean, meta = self._string(text_of(octets), key, kind)
        if meta is None and octets:
            for text in texts_of(octets):
                if len(text) > self._text:
                    return FILTERED, remark(["out-of-bounds"])
                self._text -= len(text)
                if scrub_string(text, self._policy)[1]:
                    return FILTERED, remark(["packed"])
        return clean, meta

    def _string(self, text: str, key: str, kind: Kind) -> tuple[str, Meta]:
        if type(text) is not str:
            text = str.__str__(text)
        if len(text) > self._text:
            return FILTERED, remark(["out-of-bounds"])
        self._text -= len(text)
        if kind is not Kind.ORDINARY:
            rule = verdict(kind, key, text)
            if rule:
                self._take(text)
                return FILTERED, remark([rule])
        named = role_of(key)
        if named is Role.IDENTITY and IDENTITY.fullmatch(text):
            return text, None
        if named is Role.CHOSEN and (RANDOM.fullmatch(text) or MESSAGE.fullmatch(text)):
            return text, None
        bare = text.strip("'\"")
        versioned = named is Role.VERSION or not self._names
        if (named is Role.DIGEST and DIGEST.fullmatch(bare)) or (versioned and VERSION.fullmatch(bare)):
            return text, None
        clean, rules = self.text(text, source=named is Role.SOURCE)
        return clean, remark(rules) if rules else None

    def text(self, text: str, *, source: bool = False) -> Clean:
        """Return a text scrubbed, and by which rules; JSON in it is gone through as what it holds."""
        known_clear = _IN_SOURCE + text if source else text
        if known_clear in self._clear or not is_suspect(text):
            return text, []
        common = alike(known_clear)
        if common in self._clear:
            return text, []
        known = self._done.get(known_clear)
        if known is None:
            known, taken = self._memory.settled(text, known_clear, lambda: self._apart(text, source=source))
            self._done[known_clear] = known
            self.taken |= taken
            if not known[1]:
                self._memory.keep(known_clear)
                self._memory.keep(common or known_clear)
        return known

    def _apart(self, text: str, *, source: bool) -> tuple[Clean, set[str]]:
        """Return what a text becomes, and what was taken out of it, apart from what was before."""
        before, self.taken = self.taken, set()
        try:
            return self._settled(text, source=source), self.taken
        finally:
            self.taken = before

    def _settled(self, text: str, *, source: bool) -> Clean:
        rules: list[str] = []
        for again in range(4):
            clean = self._inner_json(text, rules) if not source and ("{" in text or "[" in text) else text
            if again and clean == text:  # nothing more was found in it already
                return text, rules
            clean, found, taken = scrub_string(clean, self._policy, source=source)
            rules += [rule for rule in found if rule not in rules]
            for each in taken:
                self._take(each)
            if clean == text:
                return text, rules
            text = clean
        return FILTERED, [*rules, "unsettled"]

    def _inner_json(self, text: str, rules: list[str]) -> str:
        begin = min(text.find("{") % _MOST_JSON, text.find("[") % _MOST_JSON)
        if len(text) > _MOST_JSON or len(text) - begin < 6 or text.startswith(FILTERED, begin):
            return text
        end = text.rfind("}" if text[begin] == "{" else "]") + 1
        if end <= begin or text[begin + 1 : begin + 2] not in {*'"{[ \n\r\t'}:
            return text
        try:
            value = json.loads(text[begin:end])
        except (ValueError, RecursionError):
            return text
        clean, meta = self.value(value)
        if meta is None:
            return text
        rules += [rule for rule in _rules_in(meta) if rule not in rules]
        return text[:begin] + write_like(text[begin:end], value, clean) + text[end:]

    def _mapping(self, value: Mapping[Any, Any], key: str, kind: Kind) -> tuple[dict[Any, Any], Meta]:
        clean: dict[Any, Any] = {}
        meta: dict[str, Any] = {}
        named = kind_named(value) if self._names else None
        keys_of_keys, tasteful = "kty" in value, key.lower().endswith("cookies")
        counting, few = key.lower().endswith("tokens"), is_counting(key)
        measured = kind is not Kind.ORDINARY and (about_secret(key, kind) or is_measurement(value))
        columns = columns_of(value) if self._names else []
        for inner, item in value.items():
            shown, rules = self.name(inner)
            name = shown if type(shown) is str else str(shown)
            child = None if kind is Kind.ORDINARY else self._kind_inside(kind, name)
            if child is None and named is not None and is_value_of_pair(name):
                child = named
            if (counting and type(item) is int and item < 10**7) or (measured and is_measured(name, item)):
                child = Kind.ORDINARY
            if few and type(item) is int and 0 <= item < _MOST_COUNTED:
                child = Kind.ORDINARY
            if tasteful and is_of_taste(name, item):
                child = Kind.ORDINARY
            if keys_of_keys and is_jwk_secret(name):
                child = Kind.SECRET
            if columns:
                item = without_columns(name, item, columns)  # noqa: PLW2901
            done, remarks = self.value(item, name, parent=key, kind=child)
            if shown in clean:
                shown = _unused(shown, clean)
            clean[shown] = done
            if rules and remarks is None:
                remarks = remark([f"key-{rule}" for rule in rules])
            if remarks:
                note(meta, shown, remarks)
        return clean, meta or None

    def name(self, key: Any) -> tuple[Any, list[str]]:
        """Return a key as it is shown, and the rules that took something out of it."""
        if key is None or isinstance(key, int | float | bool):
            return key, []
        if isinstance(key, str | bytes) and len(key) > self._text:
            return FILTERED, ["out-of-bounds"]
        if type(key) is str:
            if key in self._clear:
                return key, []
            if not is_suspect(key):
                self._memory.keep(key)
                return key, []
        try:
            return self.text(key if type(key) is str else text_of(key) if isinstance(key, bytes) else str(key))
        except Exception:  # noqa: BLE001 - see value
            return FILTERED, ["unreadable"]

    @staticmethod
    def _kind_inside(kind: Kind, name: str) -> Kind | None:
        """Return what stands under a name inside a value of a kind; None where the name alone says it."""
        if kind is Kind.SECRET or (kind is Kind.GROUP and name.lower() in _HOLDERS):
            return Kind.PERSON if kind_of(name) is Kind.PERSON else Kind.SECRET
        if (kind is Kind.PERSON or kind is Kind.ADDRESS) and name.lower() not in _PLACES:
            own = kind_of(name)
            return own if own is Kind.SECRET else Kind.PERSON
        return None

    def _sequence(self, value: Iterable[Any], key: str, kind: Kind) -> tuple[list[Any], Meta]:
        items = list(value)
        clean: list[Any] = []
        meta: dict[str, Any] = {}
        whole = self._joined(items)
        if whole is not None:
            return [FILTERED] * len(items), whole
        inherited: Kind = Kind.PERSON if kind is Kind.ADDRESS else kind
        for index, item in enumerate(items):
            own: Kind = inherited
            if inherited is Kind.ORDINARY and index and self._names:
                own = kind_after(items[index - 1], item, paired=is_pair(key, items))
            name = key if own is inherited else str(items[index - 1])
            done, remarks = self.value(item, name, kind=own)
            clean.append(done)
            if remarks:
                meta[str(index)] = remarks
        return clean, meta or None

    def _joined(self, items: list[Any]) -> Meta:
        """Return the remarks on a list of which the items are one value together: bytes, or groups of digits."""
        if not 2 <= len(items) <= self._policy.most_text or isinstance(items[0], Mapping | list | tuple):
            return None
        if len(items) >= 8 and all(type(item) is int and 9 <= item < 256 for item in items):
            written = bytes(items).decode("utf-8", errors="replace")
        elif any(isinstance(item, str) and "PRIVATE KEY--" in item for item in items):
            written = "\n".join(map(str, items))
        elif len(items) <= 20 and all(isinstance(item, str | int) and _GROUP.fullmatch(str(item)) for item in items):
            written = "".join(map(str, items))
            if not 13 <= len(written) <= 34:
                return None
        else:
            return None
        if not scrub_string(written, self._policy)[1]:
            return None
        return {str(index): remark(["packed"]) for index in range(len(items))}

    def _take(self, text: str) -> None:
        bare = text.strip().strip("\"'")
        mixed = any(map(str.isdigit, bare)) and any(map(str.isalpha, bare))
        if (
            8 <= len(bare) <= 4096
            and (mixed or len(bare) >= 12 or " " in bare or "@" in bare)
            and not is_harmless(bare)
        ):
            self.taken.add(bare)


def note(meta: dict[str, Any], key: object, remarks: Meta) -> None:
    """Enter the remarks on what stands under a key; ``_meta`` takes those under an empty one for the whole's."""
    if remarks and str(key) == "":
        own = list(dict.fromkeys([*_rules_in({"": meta.get("")} if "" in meta else {}), *_rules_in(remarks)]))
        meta.update(remark(own))
    elif remarks:
        meta[str(key)] = remarks


def _rules_in(meta: Mapping[str, Any]) -> Iterator[str]:
    for name, inner in meta.items():
        if name == "":
            yield from (entry[0].removeprefix("m3core:") for entry in inner["rem"])
        else:
            yield from _rules_in(inner)


def _unused(key: Any, taken: Mapping[Any, Any]) -> Any:
    """Return a key that is not in use yet: two that were scrubbed may have become one."""
    if key not in taken:
        return key
    count = 2
    while f"{key} ({count})" in taken:
        count += 1
    return f"{key} ({count})"
