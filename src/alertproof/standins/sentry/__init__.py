"""The Sentry stand-in: takes what Relay takes, answers the web API's part for verification, and alerts.

Not here: **server-side data scrubbing**. What arrives is stored and shown as it was sent, with the marks (``_meta``)
that the SDK made; a canary that only Sentry's servers would strike out is still in every answer, and in what is sent to
PagerDuty. So a scrubbing test on it judges the SDK and the application's own hooks, the stricter side.
Neither are here inbound filters, trimming, symbolication and sessions' health; the hashes of grouping are emulated.
"""

from __future__ import annotations

__all__: list[str] = []
