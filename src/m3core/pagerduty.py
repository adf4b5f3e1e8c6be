"""The one thing that the platform asks of PagerDuty: a note on an incident.

Source: the openapi description of developer.pagerduty.com, "Create a note on an incident".
"""

from __future__ import annotations

import ssl
from urllib.parse import quote

import httpx

from m3core.settings import Settings

__all__ = ["write_note"]


def write_note(settings: Settings, *, incident: str, text: str) -> None:
    """Write a note on an incident; raises `httpx.HTTPError` when PagerDuty does not take it."""
    headers = {
        "Authorization": f"Token token={settings.pagerduty_token}",
        "Accept": "application/vnd.pagerduty+json;version=2",
        "From": settings.pagerduty_from or "",
    }
    verify = ssl.create_default_context(cafile=settings.pagerduty_ca_file)
    url = f"{settings.pagerduty_url.rstrip('/')}/incidents/{quote(incident, safe='')}/notes"
    with httpx.Client(verify=verify, timeout=10, trust_env=settings.pagerduty_ca_file is None) as client:
        client.post(url, json={"note": {"content": text}}, headers=headers).raise_for_status()
