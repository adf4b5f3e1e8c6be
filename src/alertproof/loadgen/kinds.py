"""Three kinds of profiles stand in one folder: each command says of another's what it is for."""

from __future__ import annotations

import tomllib
from pathlib import Path

from alertproof.errors import ConfigError

__all__ = ["require_kind"]

#: Each kind by a key that it alone has, and what it is for.
_KINDS = {
    "thresholds": "a load run: alertproof load run",
    "slow_held": "a held share: drill(ALERT).fires(load=NAME), docs/capacity.md",
    "ceiling": "a search: alertproof load find-capacity --profile",
}


def require_kind(path: Path, key: str) -> None:
    """Raise `ConfigError` for the file of a profile of another kind than the one that has this key.

    What cannot be read, and a file of no kind, is left to who reads it.
    """
    try:
        keys = tomllib.loads(path.read_text(encoding="utf-8")).keys()
    except (OSError, ValueError):
        return
    found = next((one for one in _KINDS if one in keys), key)
    if found != key:
        raise ConfigError(f"{path}: this profile is for {_KINDS[found]}")
