"""Alerts: rules and workflows, metric alerts, the PagerDuty integration, and what was sent there."""
