"""Message templates: the dialect of Handlebars that monitors speak [VAR, EVAL], and the handles in the result.

A message is read once into a tree (`parse_template`) and rendered for each notification (`render`). What is
malformed, not known to be rendered, or so large that it must be a mistake is refused with a `TemplateError`.
"""

from __future__ import annotations

from alertproof.datadog.message.answers import Answer, possible
from alertproof.datadog.message.errors import TemplateError
from alertproof.datadog.message.handles import (
    Recipient,
    RecipientKind,
    Unparsed,
    handles,
    recipient,
    slack_channels,
    unparsed_handles,
)
from alertproof.datadog.message.parse import parse_template
from alertproof.datadog.message.questions import CONDITIONS, OCCASIONS
from alertproof.datadog.message.reach import Reach, reachable
from alertproof.datadog.message.rendering import Dialect, Rendered, render, render_message
from alertproof.datadog.message.tree import Template
from alertproof.datadog.message.values import Quantity, Value, Variables

__all__ = [
    "CONDITIONS",
    "OCCASIONS",
    "Answer",
    "Dialect",
    "Quantity",
    "Reach",
    "Recipient",
    "RecipientKind",
    "Rendered",
    "Template",
    "TemplateError",
    "Unparsed",
    "Value",
    "Variables",
    "handles",
    "parse_template",
    "possible",
    "reachable",
    "recipient",
    "render",
    "render_message",
    "require_modelled_template",
    "slack_channels",
    "unparsed_handles",
]


def require_modelled_template(template: str) -> None:
    """Raise `TemplateError`, a `NotModelled`, for a message that :func:`render` would refuse."""
    parse_template(template)
