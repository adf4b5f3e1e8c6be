"""What a run may do to its target: asked before it does it."""

from __future__ import annotations

import pytest

from alertproof.requirements import Permission, Target

__all__ = ["demand"]


def demand(target: Target, permission: Permission, *, name: str) -> None:
    """Skip the running test, with its reason in the report, where the target ``name`` does not allow something."""
    if permission not in target.allow:
        pytest.skip(
            f"target {name!r} does not allow {permission!r}; "
            f"where that is wanted, say so in alertproof.toml: allow = {[*target.allow, permission]}"
        )
