"""The web API of Sentry: what is read and managed, in stack time."""
