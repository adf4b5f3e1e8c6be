"""Stand-ins: local servers that speak the vendors' wire, so that drills run without an account.

Start one with ``python -m alertproof.standins <sentry|datadog|pagerduty>``. Nothing but the wire is offered:
drills and alert tests reach a stand-in as they reach the vendor, by its address.
"""

from __future__ import annotations

__all__: list[str] = []
