"""Computes queries over many instants at once; what comes of the values is :mod:`alertproof.datadog.monitor`'s."""
