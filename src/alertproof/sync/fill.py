"""Brings accounts that have nothing yet to what a folder says: those of a stack that has just started."""

from __future__ import annotations

from pathlib import Path

from alertproof.sync.accounts import Accounts
from alertproof.sync.apply import Done, apply
from alertproof.sync.settings import Settings

__all__ = ["fill"]


def fill(settings: Settings, folder: Path) -> list[Done]:
    """Push everything as ``alertproof monitors push`` does, without asking; returns what became of each step.

    Raises `ConfigError` for a file that is wrong, `VendorError` for an account that cannot be read.
    """
    done: list[Done] = []
    with Accounts(settings, folder) as accounts:
        apply(accounts.plan(), accounts.kinds, accounts.ids, done.append)
    return done
