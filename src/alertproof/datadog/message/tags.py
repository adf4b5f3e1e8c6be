"""Reads what stands between the braces of one tag."""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from alertproof.datadog.message.arithmetic import read_expression
from alertproof.datadog.message.errors import TemplateError
from alertproof.datadog.message.questions import CONDITIONS, PRIORITIES, QUESTIONS
from alertproof.datadog.message.tree import Argument, Call, Evaluation, Literal, Name, Question, Span
from alertproof.datadog.message.values import read_path
from alertproof.datadog.message.zones import require_zone
from alertproof.errors import nearest

__all__ = ["Tag", "Word", "read_call", "read_question", "read_tag"]

# A negation is also written {{^#is_match ..}} [VAR].
_SIGN = re.compile(r"\s*(?P<sign>\^(?:#(?=\w))?|[#/>&*~]?)\s*")
_SPACE = re.compile(r"\s*")
_WORD = re.compile(
    r"""
    (?P<quoted> "[^"]*" | '[^']*' )
  | (?P<sign>   [()] )
  | (?P<bare>   (?: \[[^\[\]]*\] | [^\s"'()\[\]] )+ )
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)


class Word(NamedTuple):
    """One word of a tag; ``kind`` is quoted, bare or sign, ``text`` is without quotes."""

    kind: str
    text: str
    span: Span


class Tag(NamedTuple):
    """``{{#is_match "host.name" "web"}}``: its sign, its first word and the further ones."""

    sign: str
    name: str
    words: tuple[Word, ...]
    braces: int
    span: Span


def read_tag(source: str, span: Span, *, braces: int) -> Tag:
    """Read the tag at ``source[span]``, its braces included; raises `TemplateError`."""
    at, end = span.start + braces, span.end - braces
    match = _SIGN.match(source, at, end)
    sign, at = (match["sign"][:1], match.end()) if match else ("", at)
    words: list[Word] = []
    while at < end:
        found = _WORD.match(source, at, end)
        if found is None or found.lastgroup is None:
            what = "this quote is never closed" if source[at] in "\"'" else f"{source[at]!r} means nothing in a tag"
            raise TemplateError(what, template=source, start=at, end=at + 1)
        text = found.group()
        words.append(Word(found.lastgroup, text[1:-1] if found.lastgroup == "quoted" else text, Span(*found.span())))
        space = _SPACE.match(source, found.end(), end)
        at = space.end() if space else found.end()
    if words and words[0].kind != "bare":
        raise TemplateError("a tag begins with a name", template=source, start=words[0].span.start, end=span.end)
    name = words[0].text if words else ""
    return Tag(sign, name, tuple(words[1:]), braces, span)


def read_question(source: str, tag: Tag) -> Question:
    """Return what a block asks; raises `TemplateError` for what is no question."""
    if tag.name not in QUESTIONS:
        _fail(f"the block helper {tag.name!r} is not modelled{nearest(tag.name, QUESTIONS)}", source, tag.span)
    arguments = _Arguments(source, tag).whole()
    if tag.name in CONDITIONS:
        if arguments:
            _fail(f"{tag.name} takes no arguments", source, tag.span)
        return Question(tag.name, span=tag.span)
    if tag.name == "is_priority":
        wanted = tuple(_text(each, source, tag) for each in arguments)
        if not wanted:
            _fail("is_priority needs a priority, such as 'P1'", source, tag.span)
        for each in wanted:
            _require_priority(each, source, tag)
        return Question(tag.name, None, wanted, span=tag.span)
    if len(arguments) < 2:
        _fail(f"{tag.name} needs a variable and something to compare it with", source, tag.span)
    subject = _variable(arguments[0], source)
    return Question(tag.name, subject, tuple(_text(each, source, tag) for each in arguments[1:]), span=tag.span)


def read_call(source: str, tag: Tag) -> Call:
    """Return the helper that a tag calls; raises `TemplateError` for arguments that it does not take."""
    raw = tag.braces == 3
    if tag.name == "eval":
        return Call("eval", (_evaluation(source, tag.words, tag.span),), raw, span=tag.span)
    arguments = _Arguments(source, tag).whole()
    texts = tuple(each.value for each in arguments if isinstance(each, Literal))
    if tag.name == "urlencode" and len(arguments) == 1:
        return Call(tag.name, (_variable(arguments[0], source),), raw, span=tag.span)
    if tag.name == "override_priority" and len(texts) == len(arguments) == 1:
        _require_priority(texts[0], source, tag)
        return Call(tag.name, arguments, raw, span=tag.span)
    if tag.name == "local_time" and len(texts) == len(arguments) == 2:
        require_zone(texts[1], template=source, span=tag.span)
        return Call(tag.name, (_variable(arguments[0], source), arguments[1]), raw, span=tag.span)
    return _fail(f"{tag.name} is written {_WRITTEN[tag.name]}", source, tag.span)


_WRITTEN = {
    "eval": '{{eval "value * 100"}}',
    "local_time": "{{local_time 'last_triggered_at' 'Asia/Tokyo'}}",
    "override_priority": "{{override_priority 'P1'}}",
    "urlencode": '{{urlencode "service.name"}}',
}


def _evaluation(source: str, words: tuple[Word, ...], span: Span) -> Evaluation:
    if len(words) != 1 or words[0].kind != "quoted":
        _fail(f"eval is written {_WRITTEN['eval']}", source, span)
    place = words[0].span
    return Evaluation(read_expression(source, place.start + 1, place.end - 1), span=place)


def _variable(argument: Argument, source: str) -> Argument:
    """Return the variable that a quoted name stands for; a nested eval is its own value."""
    if not isinstance(argument, Literal):
        return argument
    path = read_path(argument.value)
    if path is None:
        _fail(f"{argument.value!r} is no variable", source, argument.span)
    return Name(path, span=argument.span)


def _text(argument: Argument, source: str, tag: Tag) -> str:
    if not isinstance(argument, Literal):
        _fail(f"{tag.name} compares with texts in quotes", source, argument.span)
    return argument.value


def _require_priority(text: str, source: str, tag: Tag) -> None:
    if text not in PRIORITIES:
        _fail(f"{text!r} is no priority; they are {', '.join(PRIORITIES)}", source, tag.span)


def _fail(message: str, source: str, span: Span) -> NoReturn:
    raise TemplateError(message, template=source, start=span.start, end=span.end)


class _Arguments:
    """The arguments of one tag; only an eval may stand in parentheses [EVAL]."""

    def __init__(self, source: str, tag: Tag) -> None:
        self._source, self._words, self._at = source, tag.words, 0

    def whole(self) -> tuple[Argument, ...]:
        arguments: list[Argument] = []
        while self._at < len(self._words):
            arguments.append(self._one())
        return tuple(arguments)

    def _one(self) -> Argument:
        word = self._words[self._at]
        self._at += 1
        if word.kind == "quoted" or _NUMBER.fullmatch(word.text):
            return Literal(word.text, span=word.span)
        if word.kind == "sign":
            return self._nested(word)
        path = read_path(word.text)
        if path is None:
            _fail(f"{word.text!r} is no variable", self._source, word.span)
        return Name(path, span=word.span)

    def _nested(self, opening: Word) -> Argument:
        found = self._words[self._at : self._at + 3]
        self._at += 3
        if [word.text for word in found[::2]] != ["eval", ")"] or opening.text != "(":
            _fail('only (eval "...") may stand in parentheses', self._source, opening.span)
        return _evaluation(self._source, found[1:2], opening.span)
