"""Events that hold a secret somewhere, for Hypothesis: what a scrubber lets through is shrunk to its smallest form.

>>> leak = find_leak(my_before_send)          # None: nothing of what was tried came through
>>> print(leak.as_test("shop.scrubbing:before_send"))   # a test that fails until it is mended

Works for any ``before_send``. It needs Hypothesis, which alertproof itself does not: ``pip install hypothesis``.
The places are those of Sentry's event payload [develop.sentry.dev/sdk/data-model/event-payloads].
"""

from __future__ import annotations

import base64
import json
import pprint
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final, final
from urllib.parse import quote

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from alertproof.canaries.kinds import KINDS, Kind
from alertproof.canaries.search import find_canary

__all__ = ["ENCODINGS", "PLACES", "BeforeSend", "Leak", "find_leak", "leaks", "sensitive_events"]

Event = dict[str, Any]
BeforeSend = Callable[[Any, Any], Any]

#: How a text may be written, the simplest first: a leak is shrunk towards it.
ENCODINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "as it is": lambda text: text,
    "JSON": lambda text: json.dumps({"value": text}),
    "repr": repr,
    "percent": lambda text: quote(text, safe=""),
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "HTML": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "unicode escapes": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "hexadecimal": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 of JSON": lambda text: base64.b64encode(json.dumps({"value": text}).encode()).decode(),
}


def _failed(**parts: Any) -> Event:
    return {"exception": {"values": [{"type": "LookupError", **parts}]}}


def _framed(**parts: Any) -> Event:
    return _failed(value="no such lead", stacktrace={"frames": [{"function": "create", **parts}]})


def _crumb(**parts: Any) -> Event:
    return {"breadcrumbs": {"values": [{"category": "log", **parts}]}}


def _span(**parts: Any) -> Event:
    return {"type": "transaction", "spans": [{"op": "db", **parts}]}


#: Where in an event a text may stand, and under which key where there is one; the simplest first.
PLACES: Final[Mapping[str, Callable[[str, str], Event]]] = {
    "extra": lambda key, text: {"extra": {key: text}},
    "message": lambda _, text: {"logentry": {"message": text}},
    "message parameter": lambda _, text: {"logentry": {"message": "got %s", "params": [text]}},
    "exception value": lambda _, text: _failed(value=text),
    "frame variable": lambda key, text: _framed(vars={key: repr(text)}),
    "source line": lambda _, text: _framed(context_line=f"    # {text}"),
    "tag": lambda key, text: {"tags": {key: text}},
    "context": lambda key, text: {"contexts": {"lead": {key: text}}},
    "user": lambda key, text: {"user": {"id": "7", "data": {key: text}}},
    "breadcrumb message": lambda _, text: _crumb(message=text),
    "breadcrumb data": lambda key, text: _crumb(data={key: text}),
    "request header": lambda key, text: {"request": {"headers": {key: text}}},
    "request cookie": lambda key, text: {"request": {"cookies": {key: text}}},
    "request body": lambda key, text: {"request": {"data": {key: text}}},
    "query string": lambda key, text: {"request": {"query_string": f"{key}={quote(text, safe='')}"}},
    "URL": lambda key, text: {"request": {"url": f"https://app.example/?{key}={quote(text, safe='')}"}},
    "span description": lambda _, text: _span(description=text),
    "span data": lambda key, text: _span(data={key: text}),
    "transaction": lambda _, text: {"transaction": f"/leads/{text}"},
    "nested": lambda key, text: {"extra": {"a": [{"b": {key: [text]}}]}},
}
#: What stands beside it, and is shrunk away.
_BESIDE: Final[Mapping[str, Any]] = {
    "level": "error",
    "environment": "prod",
    "release": "shop@1.2.3",
    "server_name": "web-1",
    "modules": {"requests": "2.32.0"},
    "sdk": {"name": "sentry.python", "version": "2.75.0"},
}
_SPACED_NUMBER = re.compile(r"[+\d ]+")
#: A key that says nothing of what stands under it.
_NOTE = "note"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """An event that holds a secret, and what it is."""

    event: Event
    #: What is looked for in what leaves.
    canary: str
    kind: str
    place: str
    encoding: str

    def as_test(self, before_send: str) -> str:
        """Return a test of its own for it; ``before_send`` is ``package.module:function``.

        Raises `ValueError` where that is not a module and the name of a function in it.
        """
        module, colon, function = before_send.partition(":")
        if not colon or not function.isidentifier() or not all(part.isidentifier() for part in module.split(".")):
            msg = f"{before_send!r} is no function to test: write it as package.module:function"
            raise ValueError(msg)
        name = "_".join(re.findall(r"[a-z0-9]+", f"{self.kind} in {self.place} {self.encoding}".lower()))
        event = pprint.pformat(self.event, width=100, sort_dicts=False).replace("\n", "\n    ")
        return (
            "import json\n\n"
            "from alertproof.canaries import find_canary\n"
            f"from {module} import {function}\n\n\n"
            f"def test_{name}_does_not_leave() -> None:\n"
            f"    event = {event}\n\n"
            f"    sent = json.dumps({function}(event, {{}}), default=repr, ensure_ascii=False)\n\n"
            f"    assert find_canary(sent.encode(), {self.canary!r}) == []\n"
        )


@st.composite
def _events(draw: st.DrawFn, kinds: Sequence[Kind], places: Sequence[str], encodings: Sequence[str]) -> Leak:
    kind = draw(st.sampled_from(kinds))
    encoding, place = draw(st.sampled_from(encodings)), draw(st.sampled_from(places))
    made = kind.make(Random(draw(st.integers(0, 999))))  # noqa: S311 - made again by the same number
    before, after = draw(st.sampled_from(["", "saw ", "\n"])), draw(st.sampled_from(["", " twice", "\n"]))
    # Of what does not show itself only its key can tell: where it stands under none, the key is in the text.
    key = _NOTE if kind.shows_itself and draw(st.booleans()) else kind.key
    keyed = PLACES[place](key, "") != PLACES[place]("-", "")
    told = made.text if kind.shows_itself or (keyed and encoding == "as it is") else f"{kind.key}={made.text}"
    if encoding != "as it is" and _SPACED_NUMBER.fullmatch(told):
        told = told.replace(" ", "")  # what is written anew and spaced as well, no search reads back
    text = ENCODINGS[encoding](f"{before}{told}{after}")
    beside = draw(st.lists(st.sampled_from(sorted(_BESIDE)), unique=True, max_size=3))
    event = {**{name: _BESIDE[name] for name in beside}, **PLACES[place](key, text)}
    return Leak(event=event, canary=made.core, kind=kind.name, place=place, encoding=encoding)


def sensitive_events(
    *, kinds: Sequence[Kind] = KINDS, places: Sequence[str] = tuple(PLACES), encodings: Sequence[str] = tuple(ENCODINGS)
) -> st.SearchStrategy[Leak]:
    """Return a strategy of events that hold a secret of one of these classes, at one of these places, so written.

    Raises `ValueError` for a place or an encoding that is not one, and where there is none to choose from.
    """
    for chosen, known, word in ((places, PLACES, "place"), (encodings, ENCODINGS, "encoding")):
        for name in chosen:
            if name not in known:
                msg = f"{name!r} is no {word}: choose from {', '.join(known)}"
                raise ValueError(msg)
    if not kinds or not places or not encodings:
        msg = "there is nothing to make events of: give at least one kind, one place and one encoding"
        raise ValueError(msg)
    return _events(kinds, places, encodings)


def leaks(before_send: BeforeSend, leak: Leak) -> bool:
    """Whether the secret of an event can be read in what a ``before_send`` makes of it; a dropped event holds none."""
    sent = before_send(json.loads(json.dumps(leak.event)), {})
    return bool(find_canary(json.dumps(sent, default=repr, ensure_ascii=False).encode(), leak.canary))


def find_leak(
    before_send: BeforeSend,
    events: st.SearchStrategy[Leak] | None = None,
    *,
    examples: int = 1000,
    seed: int | None = None,
) -> Leak | None:
    """Return the smallest event found whose secret comes through; None if none of so many examples does.

    What the ``before_send`` raises is raised. With a ``seed`` the same events are tried again.
    """
    try:
        return find(
            events if events is not None else sensitive_events(),
            lambda leak: leaks(before_send, leak),
            settings=settings(
                max_examples=examples,
                database=None,
                deadline=None,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            ),
            random=None if seed is None else Random(seed),  # noqa: S311 - to try the same again
        )
    except NoSuchExample:
        return None
