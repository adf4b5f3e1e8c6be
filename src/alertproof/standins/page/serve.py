"""``python -m alertproof.standins page --endpoints JSON``: tokens come in the environment."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence

import msgspec

from alertproof.errors import ConfigError
from alertproof.requirements import CONTROL_TOKEN, PAGE_TOKEN
from alertproof.standins import process
from alertproof.standins.page.looking import Looking
from alertproof.standins.page.site import Site, Told

__all__ = ["main"]

_DOORS = {"datadog": "control", "sentry": "sentry_control", "pagerduty": "pagerduty_control"}


def main(arguments: Sequence[str]) -> int:
    """Serve until told to end; raises `ConfigError` for addresses or tokens that are missing."""
    parser = argparse.ArgumentParser(prog="python -m alertproof.standins page")
    parser.add_argument("--endpoints", required=True, help="JSON: where the parts of the stack answer, by name")
    options = parser.parse_args(arguments)
    try:
        endpoints = msgspec.json.decode(options.endpoints, type=dict[str, str])
        doors = {vendor: endpoints[name] for vendor, name in _DOORS.items()}
    except (msgspec.DecodeError, KeyError) as error:
        raise ConfigError(f"--endpoints: no JSON of the stack's addresses: {error}") from error
    page = _secret(os.environ, PAGE_TOKEN)
    site = Site(Looking(doors, _secret(os.environ, CONTROL_TOKEN)), Told(endpoints=endpoints, doors=doors), page)
    return process.run(
        [process.Site(name="page", app=site.app)],
        endpoints=lambda found: {"page": f"{found['page']}/?token={page}"},
    )


def _secret(environment: Mapping[str, str], name: str) -> str:
    found = environment.get(name, "")
    if not found:
        raise ConfigError(f"{name} is not set: the page needs the token of its stack")
    return found
