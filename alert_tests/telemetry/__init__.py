"""What the platform's telemetry must be: everything that is watched is emitted, traceable by one id, and affordable."""
