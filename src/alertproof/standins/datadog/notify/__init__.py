"""What becomes of notifications: PagerDuty services, webhooks, and the deliveries to both."""
