"""The Datadog Agent: DogStatsD on UDP, and the intake of traces with the metrics that are made of them."""
