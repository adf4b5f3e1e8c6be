"""Ships the platform's log files to Datadog: follows them, cuts them into logs, and sends these in batches."""
