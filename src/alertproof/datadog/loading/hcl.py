"""Monitors out of Terraform's HCL, with the place of each value.

Expressions are not evaluated: one that is no literal stands for itself, as ``${var.critical}``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from alertproof.datadog.loading.places import Extent, Path, place_at
from alertproof.datadog.loading.terraform import RESOURCES, from_resource
from alertproof.datadog.query.parse.placeholders import end_of_placeholder
from alertproof.errors import ConfigError

if TYPE_CHECKING:
    from lark import Tree

    from alertproof.datadog.loading.declared import Declared

__all__ = ["read_hcl"]

_HEREDOC = re.compile(r"<<(-?)([^\s]+)[ \t]*\r?\n")
_IGNORE = re.compile(r"(?:#|//)[ \t]*alertproof:[ \t]*ignore[ \t]+([a-z0-9-]+(?:[ \t]*,[ \t]*[a-z0-9-]+)*)")
_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\.", re.DOTALL)
_COMMENT_LINE = re.compile(r"[ \t]*(?:#|//)")
_PLAIN = re.compile(r"[^\\$%]+")
_TOO_DEEP = "not HCL that can be read: nested too deep"


def read_hcl(text: str, *, source: str) -> Iterator[Declared]:
    """Yield the monitors among the resources of a Terraform file.

    Raises `ConfigError` for a file that is no HCL, and where the parser is not installed.
    """
    for block in _children(_body(_parsed(text, source)), "block"):
        names = [_label(child, text) for child in block.children if _rule(child) in {"identifier", "string"}]
        if len(names) != 3 or names[0] != "resource" or names[1] not in RESOURCES:
            continue
        reader = _Reader(text)
        extent = Extent(block.meta.start_pos, block.meta.end_pos)
        try:
            body = reader.body(_body(block), ())
        except RecursionError as error:
            raise ConfigError(f"{source}:{place_at(text, extent.start).line}: {_TOO_DEEP}") from error
        reader.extents[()] = extent
        yield from_resource(
            body,
            address=f"{names[1]}.{names[2]}",
            source=source,
            text=text,
            extents=reader.extents,
            ignores=tuple(_ignores(text, extent, reader.extents)),
        )


def _parsed(text: str, source: str) -> Tree[Any]:
    try:
        import hcl2  # noqa: PLC0415 - an extra
        from lark.exceptions import LarkError  # noqa: PLC0415 - comes with it
    except ImportError as error:
        raise ConfigError(f"{source}: reading HCL needs python-hcl2: pip install 'alertproof[terraform]'") from error
    try:
        return hcl2.parses_to_tree(text)
    except LarkError as error:
        line, column = getattr(error, "line", 0), getattr(error, "column", 0)
        where = f"{source}:{line}:{column}" if line and line > 0 else source
        raise ConfigError(f"{where}: not HCL: {str(error).splitlines()[0]}") from error
    except RecursionError as error:
        raise ConfigError(f"{source}: {_TOO_DEEP}") from error


def _rule(node: Any) -> str:
    return str(getattr(node, "data", ""))


def _children(tree: Tree[Any], rule: str) -> Iterator[Tree[Any]]:
    return (child for child in tree.children if _rule(child) == rule)


def _body(tree: Tree[Any]) -> Tree[Any]:
    return next(_children(tree, "body"))


def _label(node: Tree[Any], text: str) -> str:
    return text[node.meta.start_pos : node.meta.end_pos].strip('"')


class _Value(NamedTuple):
    value: Any
    extent: Extent


class _Reader:
    """Reads a body's attributes and blocks, and keeps where each stands."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.extents: dict[Path, Extent] = {}

    def body(self, tree: Tree[Any], path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for child in tree.children:
            if _rule(child) == "attribute":
                # An identifier, or a keyword such as for_each.
                name, expression = _label(child.children[0], self._text), child.children[-1]
                found[name] = self._value(expression, (*path, name))
            elif _rule(child) == "block":
                names = [_label(each, self._text) for each in child.children if _rule(each) in {"identifier", "string"}]
                self._block(names, child, found, path)
        return found

    def _block(self, names: list[str], block: Tree[Any], found: dict[str, Any], path: Path) -> None:
        inner = block
        if names[0] == "dynamic" and len(names) == 2:
            content = next((each for each in _children(_body(block), "block") if _is_content(each, self._text)), None)
            if content is None:
                return
            names, inner = names[1:], content
        listed = found.setdefault(names[0], [])
        place: Path = (*path, names[0], len(listed))
        self.extents[place] = Extent(block.meta.start_pos, block.meta.end_pos)
        listed.append(self.body(_body(inner), place))

    def _value(self, expression: Any, path: Path) -> Any:
        start, end = expression.meta.start_pos, expression.meta.end_pos
        inner = expression
        while _rule(inner) == "expr_term" and len(inner.children) == 1:
            inner = inner.children[0]
        if _rule(inner) == "tuple":
            self.extents[path] = Extent(start, end)
            items = [each for each in inner.children if _rule(each)]
            items = [each for each in items if _rule(each) != "new_line_or_comment"]
            return [self._value(each, (*path, number)) for number, each in enumerate(items)]
        if _rule(inner) == "object":
            self.extents[path] = Extent(start, end)
            return dict(self._elements(inner, path))
        read = self._scalar(inner, start, end)
        self.extents[path] = read.extent
        return read.value

    def _elements(self, tree: Tree[Any], path: Path) -> Iterator[tuple[str, Any]]:
        for element in _children(tree, "object_elem"):
            parts = [each for each in element.children if _rule(each)]
            name = _label(parts[0], self._text)
            yield name, self._value(parts[-1], (*path, name))

    def _scalar(self, inner: Any, start: int, end: int) -> _Value:
        written = self._text[start:end]
        if _rule(inner) == "string":
            return _string(self._text, start, end)
        if written.startswith("<<"):
            return _heredoc(self._text, start, end)
        plain = written.strip()
        # An operation's tree holds the line end behind it, too.
        end = start + len(plain)
        literals = {"true": True, "false": False, "null": None}
        if plain in literals:
            return _Value(literals[plain], Extent(start, end))
        try:
            number = json.loads(plain)
        except ValueError:
            number = None
        if isinstance(number, int | float):
            return _Value(number, Extent(start, end))
        # An expression that only Terraform can evaluate.
        return _Value("${" + plain + "}", Extent(start, end))


def _is_content(block: Tree[Any], text: str) -> bool:
    return _label(next(_children(block, "identifier")), text) == "content"


def _string(text: str, start: int, end: int) -> _Value:
    """Read a quoted template: escapes become what they stand for, interpolations stay as they are."""
    end = text.rindex('"', start, end) + 1
    characters: list[str] = []
    offsets: list[int] = []
    at = start + 1
    while at < end - 1:
        behind = None
        if text.startswith(("${", "%{"), at):
            behind = end_of_placeholder(text, at, end - 1)
        if behind is not None:
            characters.append(text[at:behind])
            offsets += range(at, behind)
            at = behind
            continue
        if plain := _PLAIN.match(text, at, end - 1):
            characters.append(plain.group())
            offsets += range(at, plain.end())
            at = plain.end()
            continue
        match = _ESCAPE.match(text, at, end - 1)
        piece = match.group() if match else text[at]
        characters.append(_unescaped(piece))
        offsets.append(at)
        at += len(piece)
    return _Value("".join(characters), Extent(start, end, (*offsets, end - 1)))


def _unescaped(piece: str) -> str:
    if len(piece) > 2:
        return chr(int(f"0x{piece[2:]}", 0))
    return {"\\n": "\n", "\\t": "\t", "\\r": "\r", '\\"': '"', "\\\\": "\\"}.get(piece, piece)


def _heredoc(text: str, start: int, end: int) -> _Value:
    """Read ``<<EOT`` and ``<<-EOT``; the latter loses the white space that all its lines begin with."""
    opening = _HEREDOC.match(text, start)
    if opening is None:
        return _Value(text[start:end], Extent(start, end))
    lines = text[opening.end() : end].splitlines(keepends=True)
    closing = next((number for number, line in enumerate(lines) if line.strip() == opening[2]), len(lines))
    lines = lines[:closing]
    margin = 0
    if opening[1]:
        margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    characters: list[str] = []
    offsets: list[int] = []
    at = opening.end()
    for line in lines:
        cut = min(margin, len(line) - len(line.lstrip(" \t")))
        characters.append(line[cut:])
        offsets += range(at + cut, at + len(line))
        at += len(line)
    return _Value("".join(characters), Extent(start, end, (*offsets, at)))


def _ignores(text: str, block: Extent, extents: dict[Path, Extent]) -> Iterator[tuple[str, int]]:
    """Yield the ids that comments in a block, or in the lines right above it, ask to leave out."""
    texts = [extent for extent in extents.values() if extent.offsets]
    for match in _IGNORE.finditer(text, _comments_above(text, block.start), block.end):
        if not any(extent.start <= match.start() < extent.end for extent in texts):
            for name in match[1].split(","):
                yield name.strip(), match.start()


def _comments_above(text: str, at: int) -> int:
    """Return where the comment lines right above a block begin."""
    line = text.rfind("\n", 0, at) + 1
    while line > 0:
        above = text.rfind("\n", 0, line - 1) + 1
        if not _COMMENT_LINE.match(text, above):
            break
        line = above
    return line
