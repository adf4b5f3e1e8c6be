"""A group of commands of which only the one that is called is imported."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

__all__ = ["group_of"]


class _Lazy(click.Group):
    """Imports a command when it is called, so that none waits for what the others need."""

    places: Mapping[str, str] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return sorted(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in self.places:
            return None
        module, _, name = self.places[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


def group_of(places: Mapping[str, str]) -> type[click.Group]:
    """Return a kind of group whose commands are in ``module:name``, by the names that they are called by."""
    return type("_Commands", (_Lazy,), {"places": places})
