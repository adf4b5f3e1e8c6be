"""Values that must not be shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import final

__all__ = ["Secret", "secrets_among", "without"]

#: Names in a target's environment whose values nobody should read.
_NAMES = ("PASSWORD", "SECRET", "TOKEN", "_KEY")
_SHORTEST = 8  # a shorter value would be struck out of half of everything else


@final
class Secret:
    """A text whose repr and str are ``***``; :meth:`reveal` is the only way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__


def secrets_among(environment: Mapping[str, str]) -> tuple[Secret, ...]:
    """Return the values in an environment that nobody should read, told by their names."""
    return tuple(
        Secret(value)
        for name, value in environment.items()
        if len(value) >= _SHORTEST and any(part in name.upper() for part in _NAMES)
    )


def without(text: str, secrets: Iterable[Secret]) -> str:
    """Return a text in which ``***`` stands for each of the secrets."""
    for secret in sorted((one.reveal() for one in secrets), key=len, reverse=True):  # one may begin another
        text = text.replace(secret, "***")
    return text
