"""Metrics: how points come in, how they are asked for, and what is known of them."""
