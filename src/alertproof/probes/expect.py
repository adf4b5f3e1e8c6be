"""What may be expected of an answer: pure values, judged against one answer without input or output."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, NamedTuple, final

from alertproof.errors import ConfigError
from alertproof.probes.answer import Answer
from alertproof.probes.ask import Kind
from alertproof.probes.differing import differences
from alertproof.probes.place import located, parse_place
from alertproof.probes.schema import SchemaLike, read_schema
from alertproof.probes.wording import clipped
from alertproof.verdict import Expectation

__all__ = [
    "Expected",
    "Part",
    "Seen",
    "body",
    "header",
    "holds",
    "judge",
    "satisfies",
    "schema",
    "size",
    "status",
    "value",
]


class Part(Enum):
    """What of an answer is looked at. A wrong status makes its body another's, a wrong shape its values."""

    STATUS = auto()
    HEADER = auto()
    TIME = auto()
    SHAPE = auto()
    VALUE = auto()


_ANY: frozenset[Kind] = frozenset({"http", "tcp", "tls", "dns"})
_HTTP: frozenset[Kind] = frozenset({"http"})
_BODY: frozenset[Kind] = frozenset({"http", "tcp"})
_RESTS_ON = {Part.SHAPE: {Part.STATUS}, Part.VALUE: {Part.STATUS, Part.SHAPE}}


class Seen(NamedTuple):
    """Whether an expectation was met, and what was seen: the most telling in the first line."""

    met: bool
    what: str


@final
@dataclass(frozen=True, slots=True)
class Expected:
    """One thing to expect. ``text`` completes "expected ..", ``look`` judges a whole answer.

    ``limit`` is the longest total that this allows, None for what allows any. ``degraded`` says of an answer by which
    it is met what is nearly wrong with it, empty for nothing. ``of`` are the kinds of probe of which it can be
    expected.
    """

    part: Part
    text: Callable[[Answer], str]
    look: Callable[[Answer], Seen]
    limit: Callable[[Answer], timedelta | None] = lambda _: None
    degraded: Callable[[Answer], str] = lambda _: ""
    of: frozenset[Kind] = _ANY


def judge(answer: Answer, expected: Iterable[Expected]) -> tuple[Expectation, ...]:
    """Judge an answer. What rests on something unmet is not judged: it is never reached.

    An answer that did not come, or not whole, is an unmet expectation of its own, and nothing else is reached.
    Secrets that the request sent are never in what is returned.
    """
    found: list[Expectation] = []
    unmet: dict[Part, str] = {}
    if answer.trouble is not None:
        lost = f"{answer.trouble}: {answer.detail}"
        found.append(Expectation(text="an answer", met=False, last_seen=lost))
        unmet = dict.fromkeys(Part, "an answer")
    for one in expected:
        text = one.text(answer)
        if answer.request.kind not in one.of:
            raise ConfigError(f"{answer.request}: {text} cannot be expected of {answer.request.method}")
        rests_on = next((unmet[part] for part in _RESTS_ON.get(one.part, ()) if part in unmet), "")
        if answer.trouble is not None or rests_on:
            found.append(Expectation(text=text, met=None, last_seen=f"not judged without {rests_on or 'an answer'}"))
            continue
        met, what = one.look(answer)
        if not met:
            unmet.setdefault(one.part, text)
        found.append(Expectation(text=text, met=met, last_seen=what))
    hide = answer.request.without_secrets
    return tuple(Expectation(text=hide(one.text), met=one.met, last_seen=hide(one.last_seen)) for one in found)


def status(*allowed: int) -> Expected:
    """Expect one of the given statuses."""
    if not allowed:
        raise ConfigError("status() needs at least one status, such as status(200)")
    text = f"status {' or '.join(map(str, allowed))}"

    def look(answer: Answer) -> Seen:
        met = answer.status in allowed
        return Seen(met, str(answer.status) if met else _status_and_body(answer))

    return Expected(Part.STATUS, lambda _: text, look, of=_HTTP)


def header(name: str, wanted: str | re.Pattern[str] | None = None) -> Expected:
    """Expect a header: to be there, to be the text, or to hold the pattern."""
    text = f"header {name}"
    if wanted is not None:
        text += f" with {wanted.pattern!r}" if isinstance(wanted, re.Pattern) else f": {wanted}"

    def look(answer: Answer) -> Seen:
        found = answer.headers.get(name)
        if found is None:
            return Seen(False, f"no header {name}")
        if isinstance(wanted, re.Pattern):
            return Seen(wanted.search(found) is not None, answer.shown(found))
        return Seen(wanted is None or found == wanted, answer.shown(found))

    return Expected(Part.HEADER, lambda _: text, look, of=_HTTP)


def body(wanted: str | bytes | re.Pattern[str]) -> Expected:
    """Expect that the body holds the text or the pattern, as text in its own charset, or the bytes."""
    said = repr(wanted.pattern if isinstance(wanted, re.Pattern) else wanted)

    def look(answer: Answer) -> Seen:
        match wanted:
            case bytes():
                met = wanted in answer.body
            case str():
                met = wanted in answer.text
            case _:
                met = wanted.search(answer.text) is not None
        return Seen(met, "a body that holds it" if met else answer.excerpt())

    return Expected(Part.VALUE, lambda _: f"a body with {said}", look, of=_BODY)


def size(most: int, *, degraded: int | None = None) -> Expected:
    """Expect a body of at most so many bytes, as they came over the wire; of more than ``degraded`` it is degraded."""
    if most < 0 or (degraded is not None and not 0 <= degraded < most):
        raise ConfigError(f"size() is not below 0, and degraded below it; got {most} and degraded={degraded}")

    def look(answer: Answer) -> Seen:
        return Seen(answer.size <= most, f"{answer.size:,} bytes")

    def nearly(answer: Answer) -> str:
        over = degraded is not None and answer.size > degraded
        return f"{answer.size:,} bytes, more than {degraded:,}" if over else ""

    return Expected(Part.SHAPE, lambda _: f"at most {most:,} bytes", look, degraded=nearly, of=_BODY)


def schema(given: SchemaLike, *, name: str = "") -> Expected:
    """Expect a JSON body as the schema says: a file, a document, or one read before with `read_schema`."""
    read = read_schema(given, name=name)

    def look(answer: Answer) -> Seen:
        document, seen = _document(answer)
        if seen:
            return seen
        complaints = read.complaints(document, hide=answer.request.without_secrets)
        return Seen(not complaints, "\n".join(complaints) or "a body that fits")

    return Expected(Part.SHAPE, lambda _: f"the schema {read.name!r}", look, of=_BODY)


def value(place: str, wanted: object) -> Expected:
    """Expect a value at a place of the JSON body, each that stands there: ``value("$.items[0].id", 7)``.

    The place is JSONPath (RFC 9535). Of objects and lists it is said in what they differ.
    """

    def look(found: Any) -> str:
        said = differences(wanted, found)
        inner = isinstance(wanted, dict | list) and type(found) is type(wanted)
        return "\n".join(said) if inner or not said else repr(found)

    return _each(place, f"is {clipped(repr(wanted))}", look)


def holds(place: str, text: str, predicate: Callable[[Any], bool]) -> Expected:
    """Expect that what stands at a place of the JSON body, each of it, satisfies the predicate.

    ``text`` goes on from the place: ``holds("$.total", "is above 0", lambda total: total > 0)``. A place where
    nothing stands satisfies nothing.
    """
    return _each(place, text, lambda found: "" if predicate(found) else repr(found))


def _each(place: str, text: str, complain: Callable[[Any], str]) -> Expected:
    """Expect that nothing is said against what stands at a place."""
    steps = parse_place(place)

    def look(answer: Answer) -> Seen:
        document, seen = _document(answer)
        if seen:
            return seen
        try:
            found = located(document, steps)
        except ValueError as error:
            return Seen(False, f"a body of which nobody can tell: {error}")
        if not found:
            return Seen(False, f"nothing at {place}")
        wrong = [(where, said) for where, one in found if (said := complain(one))]
        if not wrong:
            return Seen(True, answer.shown(repr(found[0][1])))
        (where, said), rest = wrong[0], len(wrong) - 1
        which = f" at {where}" if len(found) > 1 else ""
        more = f", and {rest} more of {len(found):,}" if rest else ""
        first, *lines = map(answer.shown, said.splitlines())
        return Seen(False, "\n".join([f"{first}{which}{more}", *lines]))

    return Expected(Part.VALUE, lambda _: f"{place} {text}", look, of=_BODY)


def satisfies(text: str, predicate: Callable[[Answer], bool], *, part: Part = Part.VALUE) -> Expected:
    """Expect what no other function says; ``text`` completes "expected .."."""
    return Expected(part, lambda _: text, lambda answer: Seen(predicate(answer), _told(answer)))


def _document(answer: Answer) -> tuple[Any, Seen | None]:
    """Return the body as JSON, or what was seen instead."""
    try:
        return answer.json(), None
    except (ValueError, RecursionError):
        return None, Seen(False, f"a body that is not JSON: {answer.excerpt()}")


def _told(answer: Answer) -> str:
    return _status_and_body(answer) if answer.request.kind == "http" else answer.shown(answer.said)


def _status_and_body(answer: Answer) -> str:
    try:
        name = f" {HTTPStatus(answer.status).phrase}"
    except ValueError:
        name = ""
    return f"{answer.status}{name}: {answer.excerpt()}"
