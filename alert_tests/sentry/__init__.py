"""What the platform reports to Sentry when it breaks, verified event by event."""
