"""Finds where Terraform's interpolations begin and end: ``${var.env}``, with strings and braces inside."""

from __future__ import annotations

import re

__all__ = ["begins_placeholder", "end_of_placeholder", "has_placeholder", "starts_with_placeholder"]

# "$${" is how Terraform writes a plain "${"; what follows is no query either, so that it is read the same way.
_OPENING = re.compile(r"\$\$?\{")
_IN_EXPRESSION = re.compile(r'["{}]')
_IN_STRING = re.compile(r'\\.|"|[$%]\{', re.DOTALL)


def begins_placeholder(text: str, at: int) -> bool:
    """Tell whether an interpolation begins here."""
    return _OPENING.match(text, at) is not None


def has_placeholder(text: str) -> bool:
    """Tell whether there is an interpolation anywhere in a text."""
    return "${" in text


def starts_with_placeholder(text: str) -> bool:
    """Tell whether a text begins with an interpolation."""
    return text.startswith(("${", "$${"))


def end_of_placeholder(text: str, at: int, limit: int) -> int | None:
    """Return the offset behind the interpolation or directive that begins at ``at``, None if it is never closed."""
    at = text.index("{", at) + 1
    # What closes each of the things that are open: a brace an expression, a quote a string.
    waiting = ["}"]
    while waiting:
        found = (_IN_STRING if waiting[-1] == '"' else _IN_EXPRESSION).search(text, at, limit)
        if found is None:
            return None
        at = found.end()
        sign = found.group()
        if sign == waiting[-1]:
            waiting.pop()
        elif sign.endswith("{"):
            waiting.append("}")
        elif sign == '"':
            waiting.append('"')
    return at
