"""Proves that a platform's monitoring works: synthetics, load and alert verification under pytest."""

__version__ = "0.1.0"
