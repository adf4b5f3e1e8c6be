"""OTLP over HTTP, as the Agent takes it: traces become spans, metrics become points, logs become logs."""
