"""Takes secrets and personal data out of whatever leaves the process, and knows nothing of the platform it is in.

>>> scrub_text("no answer from postgresql://m3core:hunter2@db/m3core")
'no answer from postgresql://m3core:[Filtered]@db/m3core'

The functions here scrub by the default policy; a :class:`Scrubber` with a :class:`Policy` of one's own has the same
ones as methods. All return a copy, of the same form, in which nothing more would be found; none raises, whatever it is
given.
Each hook of Sentry's SDK has a function of its own::

    sentry_sdk.init(
        before_send=scrub_event, before_send_transaction=scrub_transaction, before_send_log=scrub_log,
        before_send_metric=scrub_metric, before_send_span=scrub_span, before_breadcrumb=scrub_breadcrumb,
    )
"""

from __future__ import annotations

from m3core.scrubbing.events import Scrubber
from m3core.scrubbing.keys import is_secret_key
from m3core.scrubbing.policy import FILTERED, Policy

__all__ = [
    "FILTERED",
    "Policy",
    "Scrubber",
    "is_secret_key",
    "scrub",
    "scrub_breadcrumb",
    "scrub_event",
    "scrub_log",
    "scrub_metric",
    "scrub_record",
    "scrub_span",
    "scrub_text",
    "scrub_transaction",
]

_DEFAULT = Scrubber()
scrub = _DEFAULT.value
scrub_breadcrumb = _DEFAULT.breadcrumb
scrub_event = _DEFAULT.event
scrub_log = _DEFAULT.log
scrub_metric = _DEFAULT.metric
scrub_record = _DEFAULT.record
scrub_span = _DEFAULT.span
scrub_text = _DEFAULT.text
scrub_transaction = _DEFAULT.transaction
