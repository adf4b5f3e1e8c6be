"""Clients of Datadog, Sentry and PagerDuty: one for each vendor, on the official SDKs where there is one.

The target chooses the endpoint and nothing here asks which rung it runs on. They never share code with the
stand-ins: if they did, one bug would cancel the other.
"""

from alertproof.vendors.datadog import Datadog, MonitorTransition, Point
from alertproof.vendors.datadog_keys import DatadogKeys
from alertproof.vendors.dates import time_at
from alertproof.vendors.dogstatsd import DogStatsdSignals
from alertproof.vendors.error_signals import SentrySignals
from alertproof.vendors.pagerduty import Incident, LogEntry, PagerDuty, Service
from alertproof.vendors.sentry import Sentry
from alertproof.vendors.signals import DatadogSignals
from alertproof.vendors.telemetry import DatadogTelemetry, Measure, Series

__all__ = [
    "Datadog",
    "DatadogKeys",
    "DatadogSignals",
    "DatadogTelemetry",
    "DogStatsdSignals",
    "Incident",
    "LogEntry",
    "Measure",
    "MonitorTransition",
    "PagerDuty",
    "Point",
    "Sentry",
    "SentrySignals",
    "Series",
    "Service",
    "time_at",
]
