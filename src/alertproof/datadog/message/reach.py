"""Whom a message could ever tell, and on which occasions, without rendering it for each.

A handle is a word of the rendered text, and a word can be made of pieces that stand in and around blocks:
``@slack-{{#is_match "env.name" "prod"}}ops{{else}}dev{{/is_match}}``. So every piece of the tree is taken for the
words that it may begin, hold and end, each with the answers to the questions on the way, and pieces that can stand
together are joined. A word that is found under two sets of answers is two alternatives.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from alertproof.datadog.message.answers import Answer, exclude, given
from alertproof.datadog.message.errors import TemplateError
from alertproof.datadog.message.handles import handles
from alertproof.datadog.message.parse import parse_template
from alertproof.datadog.message.questions import OCCASIONS
from alertproof.datadog.message.tree import Block, Call, Evaluation, Name, Part, Text, Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Reach", "reachable"]

_MOST_JOINS = 50_000


class Reach(Struct, frozen=True, kw_only=True):
    """One way to tell a handle.

    ``handle`` is as :func:`~alertproof.datadog.message.handles` returns it, with its variables as they are
    written: ``slack-{{service.name}}``. ``when`` are the answers needed, in the order of the text. ``occasions``
    are those of `OCCASIONS` on which it is told, where the answers about values and priorities are given; none
    if it can never be told.
    """

    handle: str
    when: tuple[Answer, ...]
    occasions: frozenset[str]


def reachable(message: str, escalation: str = "") -> tuple[Reach, ...]:
    """Return every handle of a message, in the order of the text, and when it is told; raises `TemplateError`.

    ``escalation`` is the message added to renotifications. A handle that is the value of a variable, ``{{owner}}``
    for ``@team``, cannot be seen.
    """
    found = [_reach(word, OCCASIONS) for word in _words(message)]
    again = [occasion for occasion, held in OCCASIONS.items() if "is_renotify" in held]
    found += [_reach(word, again) for word in _words(escalation)]
    return tuple(dict.fromkeys(found))


def _reach(word: _Piece, occasions: Iterable[str]) -> Reach:
    told = frozenset(occasion for occasion in occasions if _told_on(occasion, word.when))
    return Reach(handle=handles(word.text)[0], when=word.when, occasions=told)


def _told_on(occasion: str, when: Sequence[Answer]) -> bool:
    held = OCCASIONS[occasion]
    # Those in is_alert_recovery are told of the step to Warn, with nothing [VAR-2026].
    return given(when, held) or (occasion == "alert to warning" and given(when, held | {"is_alert_recovery"}))


# --- words made of pieces -----------------------------------------------------------------------------


class _Piece(NamedTuple):
    """A text without white space and the answers under which it stands there."""

    text: str
    when: tuple[Answer, ...] = ()

    def under(self, answer: Answer) -> _Piece | None:
        """Return the piece with one more answer, None if another excludes it."""
        if any(exclude(each, answer) for each in self.when):
            return None
        return self if answer in self.when else _Piece(self.text, (answer, *self.when))

    def join(self, other: _Piece) -> _Piece | None:
        joined: _Piece | None = _Piece(self.text + other.text, other.when)
        for answer in reversed(self.when):
            joined = joined and joined.under(answer)
        return joined


_Pieces = dict[_Piece, None]


class _Words(Struct):
    """What a stretch of the template can be.

    ``whole``: a text without white space. Otherwise it begins with one of ``left``, ends with one of ``right`` and
    holds the handles ``inner``.
    """

    whole: _Pieces = field(default_factory=dict)
    left: _Pieces = field(default_factory=dict)
    right: _Pieces = field(default_factory=dict)
    inner: _Pieces = field(default_factory=dict)


class _Gatherer:
    def __init__(self, source: str) -> None:
        self._source = source
        self._joins = 0

    def sequence(self, parts: Sequence[Part]) -> _Words:
        words = _Words(whole={_Piece(""): None})
        for part in parts:
            self._append(words, self._one(part), part)
        return words

    def _append(self, words: _Words, more: _Words, part: Part) -> None:
        words.inner.update(more.inner)
        words.inner.update((piece, None) for piece in self._join(words.right, more.left, part) if _is_handle(piece))
        words.left.update((piece, None) for piece in self._join(words.whole, more.left, part))
        ends = self._join(words.right, more.whole, part)
        words.right = {piece: None for piece in chain(ends, more.right) if _may_begin_handle(piece)}
        words.whole = dict.fromkeys(self._join(words.whole, more.whole, part))

    def _join(self, first: Iterable[_Piece], second: Sequence[_Piece] | _Pieces, part: Part) -> Iterator[_Piece]:
        for one in first:
            for other in second:
                self._joins += (1 + len(one.when)) * (1 + len(other.when))
                if self._joins > _MOST_JOINS:
                    message = "too many ways to make a handle of the pieces before and behind this place"
                    raise TemplateError(message, template=self._source, start=part.span.start, end=part.span.end)
                joined = one.join(other)
                if joined is not None:
                    yield joined

    def _one(self, part: Part) -> _Words:
        match part:
            case Text():
                return _of_text(part.text)
            case Variable():
                return _Words(whole={_Piece(_written(part.path)): None})
            case Call():
                return _Words(whole={_Piece(_call(part)): None})
            case Block():
                body = self._under(self.sequence(part.body), Answer(part.question, not part.negated), part)
                other = self._under(self.sequence(part.otherwise), Answer(part.question, part.negated), part)
                return _Words(
                    whole=body.whole | other.whole,
                    left=body.left | other.left,
                    right=body.right | other.right,
                    inner=body.inner | other.inner,
                )
            case _:
                return _Words(whole={_Piece(""): None})

    def _under(self, words: _Words, answer: Answer, part: Part) -> _Words:
        guard = [_Piece("", (answer,))]
        return _Words(
            whole=dict.fromkeys(self._join(guard, words.whole, part)),
            left=dict.fromkeys(self._join(guard, words.left, part)),
            right=dict.fromkeys(self._join(guard, words.right, part)),
            inner=dict.fromkeys(self._join(guard, words.inner, part)),
        )


def _words(message: str) -> list[_Piece]:
    """Return the handles of a message as pieces; its start and its end are as good as white space."""
    template = parse_template(message)
    words = _Gatherer(message).sequence(template.parts)
    ends = (words.whole, words.left, words.inner, words.right)
    return list(dict.fromkeys(piece for pieces in ends for piece in pieces if _is_handle(piece)))


def _of_text(text: str) -> _Words:
    pieces = _spaceless_arguments(text).split()
    if not text.strip():
        ends = {_Piece(""): None}
        return _Words(left=ends, right=dict(ends))
    glued_left, glued_right = not text[0].isspace(), not text[-1].isspace()
    if len(pieces) == 1 and glued_left and glued_right:
        return _Words(whole={_Piece(pieces[0]): None})
    left = pieces.pop(0) if glued_left else ""
    right = pieces.pop() if glued_right and pieces else ""
    inner = {piece: None for piece in map(_Piece, pieces) if _is_handle(piece)}
    return _Words(left={_Piece(left): None}, right={_Piece(right): None}, inner=inner)


def _spaceless_arguments(text: str) -> str:
    """Take the spaces out of ``@workflow-name(a=b, c=d)``, so that it is one word."""
    if "@workflow-" not in text:
        return text
    for handle in handles(text):
        if handle.startswith("workflow-") and "(" in handle:
            text = text.replace(handle, "".join(handle.split()))
    return text


def _is_handle(piece: _Piece) -> bool:
    return piece.text.startswith("@") and bool(handles(piece.text))


def _may_begin_handle(piece: _Piece) -> bool:
    return not piece.text or piece.text.startswith("@")


def _written(path: Sequence[str]) -> str:
    return "{{" + ".".join(f"[{key}]" if "." in key else key for key in path).replace(" ", "_") + "}}"


def _call(call: Call) -> str:
    if call.helper == "override_priority":
        return ""
    named = [_written(each.path)[2:-2] for each in call.arguments if isinstance(each, Name)]
    shown = named or ["..." for each in call.arguments if isinstance(each, Evaluation)]
    return "{{" + call.helper + ":" + ",".join(shown) + "}}"
