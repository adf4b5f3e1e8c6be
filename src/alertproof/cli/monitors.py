"""``alertproof monitors``: the definitions, on a virtual clock and in an account."""

from __future__ import annotations

import click

from alertproof.cli.lazy import group_of

__all__ = ["monitors"]

#: Where each command is.
_COMMANDS = {
    "diff": "alertproof.cli.monitors_diff:diff_command",
    "eval": "alertproof.cli.monitors_eval:eval_command",
    "explain": "alertproof.cli.monitors_explain:explain_command",
    "lint": "alertproof.cli.monitors_lint:lint_command",
    "mutate": "alertproof.cli.monitors_mutate:mutate_command",
    "push": "alertproof.cli.monitors_push:push_command",
    "test": "alertproof.cli.monitors_test:test_command",
}


@click.group(cls=group_of(_COMMANDS))
def monitors() -> None:
    """Monitor definitions: tested on a virtual clock, without any account; and brought to one."""
