"""Reads a message template into its tree [VAR].

In one pass from left to right, without ever going back: the time is linear in the length of the text. What is too
long, nested too deep, malformed or not known to be rendered is a `TemplateError`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NoReturn

from msgspec import Struct, field

from alertproof.datadog.message.errors import TemplateError
from alertproof.datadog.message.questions import CALLS, QUESTIONS
from alertproof.datadog.message.tags import Tag, read_call, read_question, read_tag
from alertproof.datadog.message.tree import Block, Comment, Part, Question, Span, Template, Text, Variable
from alertproof.datadog.message.values import read_path
from alertproof.errors import nearest

__all__ = ["LONGEST", "parse_template"]

#: No message of a monitor comes near it; a longer text is taken for a mistake.
LONGEST = 100_000
_DEEPEST = 32


def parse_template(source: str, *, lines_vanish: bool = False) -> Template:
    """Return the tree of a message; raises `TemplateError`.

    With ``lines_vanish`` the line of a block's tag or a comment that stands alone on it is left out, as Handlebars
    does.
    """
    if len(source) > LONGEST:
        raise TemplateError(
            f"a message of {len(source)} characters; at most {LONGEST} are read",
            template=source[:LONGEST],
            start=0,
            end=0,
        )
    return _read(source, lines_vanish)


@lru_cache(maxsize=256)
def _read(source: str, lines_vanish: bool) -> Template:
    return Template(source, _Reader(source, lines_vanish=lines_vanish).whole())


class _Open(Struct):
    """A block whose end has not been seen, or the template itself."""

    tag: Tag | None
    question: Question = field(default_factory=lambda: Question(""))
    body: list[Part] = field(default_factory=list)
    otherwise: list[Part] | None = None

    @property
    def parts(self) -> list[Part]:
        return self.body if self.otherwise is None else self.otherwise


class _Reader:
    def __init__(self, source: str, *, lines_vanish: bool) -> None:
        self._source = source
        self._lines_vanish = lines_vanish
        self._stack = [_Open(None)]
        self._at = 0
        self._literal_braces = 0

    def whole(self) -> tuple[Part, ...]:
        while (start := self._source.find("{{", self._at)) >= 0:
            self._text(start)
            if self._source.startswith("{{{{", start):
                self._raw_block(start)
            elif self._source.startswith("{{!", start):
                self._comment(start)
            else:
                self._tag(start)
        self._text(len(self._source))
        if len(self._stack) > 1:
            tag = self._stack[-1].tag
            if tag is not None:
                self._fail(f"the block {{{{#{tag.name}}}}} is never closed", tag.span.start, tag.span.end)
        return tuple(self._stack[0].body)

    # --- text and comments ----------------------------------------------------------------------------

    def _text(self, end: int) -> None:
        text = self._source[self._at : end]
        if text:
            self._stack[-1].parts.append(Text(text, span=Span(self._at, end)))
            self._literal_braces = max(0, self._literal_braces + text.count("{") - text.count("}"))
        self._at = end

    def _comment(self, start: int) -> None:
        """Skip ``{{! .. }}`` or ``{{!-- .. --}}``; only the latter may hold tags, and it may end in ``}}`` too."""
        end = self._source.find("}}", start)
        nested = self._source.find("{{", start + 2, end if end >= 0 else len(self._source))
        if self._source.startswith("{{!--", start) and nested >= 0:
            end = self._source.find("--}}", start + 5)
            end = end + 2 if end >= 0 else end
        if end < 0:
            self._fail("this comment is never closed", start, start + 3)
        self._finish_line(start, end + 2)
        self._stack[-1].parts.append(Comment(span=Span(start, end + 2)))

    def _finish_line(self, start: int, end: int) -> None:
        """Go on behind a tag at ``[start, end)``, or behind its whole line if that is to vanish."""
        self._at = end
        if not self._lines_vanish:
            return
        indented = start
        while indented and self._source[indented - 1] in " \t":
            indented -= 1
        after = _REST_OF_LINE.match(self._source, end)
        if after is None or (indented and self._source[indented - 1] != "\n"):
            return
        self._at = after.end()
        parts = self._stack[-1].parts
        if indented < start and parts and isinstance(parts[-1], Text):
            first = parts[-1].span.start
            parts[-1] = Text(self._source[first:indented], span=Span(first, indented))

    # --- tags -----------------------------------------------------------------------------------------

    def _raw_block(self, start: int) -> None:
        """Read ``{{{{raw}}}} .. {{{{/raw}}}}``, or one with a question in the place of raw."""
        end = self._source.find("}}}}", start)
        if end < 0:
            self._fail("these braces are never closed", start, start + 4)
        tag = read_tag(self._source, Span(start, end + 4), braces=4)
        closing = re.compile(r"\{\{\{\{\s*/\s*" + re.escape(tag.name) + r"\s*\}\}\}\}").search(self._source, end + 4)
        if closing is None:
            self._fail(f"the block {{{{{{{{{tag.name}}}}}}}}} is never closed", start, end + 4)
        inner = Text(self._source[end + 4 : closing.start()], span=Span(end + 4, closing.start()))
        span = Span(start, closing.end())
        if tag.name == "raw" and not tag.words:
            self._stack[-1].parts.append(inner)
        else:
            question = read_question(self._source, tag)
            self._stack[-1].parts.append(Block(question, negated=False, body=(inner,), span=span))
        self._at = closing.end()

    def _tag(self, start: int) -> None:
        braces = 3 if self._source.startswith("{{{", start) else 2
        end = self._source.find("}}", start)
        again = self._source.find("{{", start + braces)
        if end < 0 or 0 <= again < end:
            self._fail("this tag is never closed", start, start + braces)
        end += 2
        if braces == 3 and not self._source.startswith("}", end):
            self._fail("this tag has three braces at its start and two at its end", start, end)
        end += braces == 3
        if self._source.startswith("}", end) and not self._literal_braces:
            # The editor says: unbalanced braces, found an extra } [ISSUE-1882].
            self._fail("there is a closing brace too many here", end, end + 1)
        self._take(read_tag(self._source, Span(start, end), braces=braces))

    def _take(self, tag: Tag) -> None:
        if tag.sign in {"#", "^"} and tag.name:
            self._open(tag)
        elif tag.sign == "/":
            self._close(tag)
        elif tag.name == "else" or tag.sign == "^":
            self._else(tag)
        elif tag.sign:
            self._fail(f"a tag with {tag.sign!r} is not known of messages", *tag.span)
        else:
            self._stack[-1].parts.append(self._value(tag))
            self._at = tag.span.end

    def _value(self, tag: Tag) -> Part:
        if tag.name in CALLS:
            return read_call(self._source, tag)
        if tag.words:
            self._fail(f"the helper {tag.name!r} is not modelled{nearest(tag.name, CALLS)}", *tag.span)
        if tag.name in QUESTIONS:
            self._fail(f"{{{{{tag.name}}}}} is a block: open it with {{{{#{tag.name}}}}}", *tag.span)
        path = read_path(tag.name)
        if path is None:
            self._fail(f"{tag.name!r} is no variable" if tag.name else "there is nothing in this tag", *tag.span)
        return Variable(path, tag.braces == 3, span=tag.span)

    # --- blocks ---------------------------------------------------------------------------------------

    def _open(self, tag: Tag) -> None:
        question = read_question(self._source, tag)
        if len(self._stack) > _DEEPEST:
            self._fail(f"blocks nested more than {_DEEPEST} deep", *tag.span)
        self._finish_line(*tag.span)
        self._stack.append(_Open(tag, question))

    def _close(self, tag: Tag) -> None:
        opened = self._stack[-1]
        if opened.tag is None:
            self._fail(f"{{{{/{tag.name}}}}} closes no block: none is open here", *tag.span)
        name = opened.tag.name
        if tag.words:
            self._fail(f"an end tag has a name and nothing else; write {{{{/{name}}}}}", *tag.span)
        if name != tag.name:
            self._fail(
                f"{{{{/{tag.name}}}}} does not close the block that is open here, {{{{#{name}}}}};"
                f" write {{{{/{name}}}}}",
                *tag.span,
            )
        self._finish_line(*tag.span)
        self._stack.pop()
        self._stack[-1].parts.append(
            Block(
                opened.question,
                negated=opened.tag.sign == "^",
                body=tuple(opened.body),
                otherwise=tuple(opened.otherwise or ()),
                span=Span(opened.tag.span.start, tag.span.end),
            )
        )

    def _else(self, tag: Tag) -> None:
        opened = self._stack[-1]
        if tag.words:
            self._fail("an {{else}} with a question is not modelled; nest a block instead", *tag.span)
        if opened.tag is None:
            self._fail("an {{else}} outside a block", *tag.span)
        if opened.otherwise is not None:
            self._fail("a second {{else}} in one block", *tag.span)
        self._finish_line(*tag.span)
        opened.otherwise = []

    def _fail(self, message: str, start: int, end: int) -> NoReturn:
        raise TemplateError(message, template=self._source, start=start, end=end)


_REST_OF_LINE = re.compile(r"[ \t]*(?:\r?\n|\Z)")
