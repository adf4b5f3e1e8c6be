"""Watches a project of Sentry while something runs: waits for what must arrive, and finds what nobody expected."""

from __future__ import annotations

from alertproof.sentrywatch.connecting import connect
from alertproof.sentrywatch.sending import send_check_event
from alertproof.sentrywatch.watch import SentryWatch, Waited

__all__ = ["SentryWatch", "Waited", "connect", "send_check_event"]
