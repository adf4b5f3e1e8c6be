"""``alertproof browser``: which browser the journeys use, and its installation."""

from __future__ import annotations

import json
import os

import click

from alertproof.journeys import browser_version, ensure_browser, find_browser, find_encoder

__all__ = ["browser"]


@click.command()
@click.option("--install", is_flag=True, help="Install one where there is none: Debian's package, else Playwright's.")
@click.option("--json", "as_json", is_flag=True)
def browser(*, install: bool, as_json: bool) -> int:
    """Say which browser the journeys use, and its version."""
    program = ensure_browser() if install else find_browser()
    version = browser_version(program)
    encoder = find_encoder(os.environ)
    if as_json:
        found = {"program": str(program), "version": version, "encoder": str(encoder) if encoder else None}
        click.echo(json.dumps(found))
        return 0
    click.echo(f"{program}: {version}")
    click.echo(f"video of failed journeys: {encoder or 'none, because Playwright has no encoder here'}")
    return 0
