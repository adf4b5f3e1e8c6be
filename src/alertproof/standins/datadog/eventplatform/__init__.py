"""Datadog's event platform: logs, spans and RUM events, kept, searched and aggregated alike."""
