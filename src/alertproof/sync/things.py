"""The things that are compared: what a file declares, what an account has, and where to find which by its id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alertproof.datadog.loading import place_at
from alertproof.datadog.loading.places import Extent
from alertproof.datadog.loading.places import Path as Inside

__all__ = ["MANAGED_BY", "Existing", "Ids", "Marks", "Reference", "Wanted", "Written", "tags_below", "unmarked"]

#: The tag of everything that this package keeps.
MANAGED_BY = "managed_by:alertproof"
#: Before the environment of what is pushed, and of what a drill made.
_OF_A_PUSH, _OF_A_DRILL = "alertproof_env:", "managed_env:"
_MARKS = (MANAGED_BY, _OF_A_PUSH, "alertproof_key:")
#: A thing by its kind and its key.
Reference = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Where a thing is written: its file, the text of that, where each value stands in it, and the thing's own path."""

    file: Path
    text: str
    extents: Mapping[Inside, Extent]
    base: Inside = ()

    def place(self, path: Inside = ()) -> str:
        """Return ``file:line`` of a value, or of the nearest part around it that is written."""
        known = (*self.base, *path)
        while known and known not in self.extents:
            known = known[:-1]
        start = self.extents[known].start if known in self.extents else 0
        return f"{self.file}:{place_at(self.text, start).line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a file declares.

    ``payload`` is what the vendor takes, marks included, but that it names other things by their keys; those are
    ``needs``. ``key`` is unique among its kind and does not change when the name does.
    """

    kind: str
    key: str
    name: str
    payload: Mapping[str, Any]
    written: Written
    needs: tuple[Reference, ...] = ()

    @property
    def reference(self) -> Reference:
        return self.kind, self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """What an account has. ``key`` is that of its mark, None where it is not ours; ``payload`` names things by keys."""

    kind: str
    id: str
    name: str
    key: str | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The tags by which ours are known: who keeps them, for which environment, and out of which file.

    Without an environment they are of what an account has once for all environments. A ``drill``'s are its own: it
    takes away what it made, and neither takes over nor uses what is there.
    """

    environment: str = ""
    drill: bool = False

    def of(self, key: str) -> tuple[str, ...]:
        """Return the tags of what has this key."""
        prefix = _OF_A_DRILL if self.drill else _OF_A_PUSH
        environment = (f"{prefix}{self.environment}",) if self.environment else ()
        return MANAGED_BY, *environment, f"alertproof_key:{key}"

    def below(self, text: str | None, key: str) -> str:
        """Return a text that ends with the tags, of what has none of its own."""
        return f"{text or ''}\n{' '.join(self.of(key))}".lstrip()

    def key_of(self, tags: list[str]) -> str | None:
        """Return the key that tags say, None for what is not ours or of another environment."""
        keys = [tag.removeprefix("alertproof_key:") for tag in tags if tag.startswith("alertproof_key:")]
        return keys[0] if len(keys) == 1 and set(self.of(keys[0])) <= set(tags) else None

    def elsewhere(self, tags: list[str]) -> bool:
        """Tell what is kept for another environment, or by a drill; to a drill, all that is not its own."""
        if self.drill:
            return self.key_of(tags) is None
        others = {tag for tag in tags if tag.startswith((_OF_A_PUSH, _OF_A_DRILL))}
        return MANAGED_BY in tags and bool(others) and f"{_OF_A_PUSH}{self.environment}" not in others


def tags_below(text: object) -> list[str]:
    """Return the tags that a text ends with."""
    return str(text or "").rpartition("\n")[2].split()


@dataclass(slots=True)
class Ids:
    """The ids that the account gave, by kind and key, and the other way round."""

    by_key: dict[Reference, str] = field(default_factory=dict)
    by_id: dict[Reference, str] = field(default_factory=dict)

    def know(self, kind: str, key: str, identity: str) -> None:
        """Keep an id."""
        self.by_key[kind, key] = identity
        self.by_id[kind, identity] = key


def unmarked(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payload without marks, be they tags or the end of a text."""
    changed = dict(payload)
    if isinstance(changed.get("tags"), list):
        changed["tags"] = [tag for tag in changed["tags"] if not str(tag).startswith(_MARKS)]
    for name in ("description", "message"):
        if isinstance(changed.get(name), str):
            changed[name] = changed[name].partition(MANAGED_BY)[0].rstrip()
    return changed
