"""What an SDK sends, which of its hooks see it, and what a platform's options leave uncovered: in words, and compared.

What is said here was measured by :mod:`alertproof.sentrywatch.auditing`, with the SDK that is installed.
"""

from __future__ import annotations

from alertproof.sentry.audit.record import Audit, changes, parse, uncovered, warnings, words

__all__ = ["Audit", "changes", "parse", "uncovered", "warnings", "words"]
