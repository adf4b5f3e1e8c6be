"""What M3CoreCRM reports about itself: errors, metrics, logs and traces, each in a module of its own."""
