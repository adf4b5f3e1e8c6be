"""The Sentry stand-in: takes what Relay takes, answers the web API's part for verification, and alerts.

Server-side data scrubbing is done by Relay's own library, for errors and transactions, where it is installed (the extra
``relay``); where it is not, what arrives is shown as it was sent, and ``/control/scrubbing`` says so. Not here are
inbound filters, trimming, symbolication and sessions' health; the hashes of grouping are emulated.
"""

from __future__ import annotations

__all__: list[str] = []
