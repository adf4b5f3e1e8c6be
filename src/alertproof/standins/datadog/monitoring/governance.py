"""What governs monitors: notification rules, configuration policies, and templates to make monitors from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.datadog.rules import NotificationRule, load_rule
from alertproof.errors import ConfigError
from alertproof.standins.datadog.jsonapi import USER, read_attributes
from alertproof.standins.datadog.resources import Kind, Resource, ResourceBook, resource_routes

__all__ = ["Policy", "PolicyBook", "RuleBook", "TemplateBook"]

_EPOCH = "1970-01-01T00:00:00+00:00"
_BY = USER["id"]


def _text(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


# --- notification rules -------------------------------------------------------------------------------


def _rule_shown(one: Resource[NotificationRule]) -> Mapping[str, Any]:
    # A rule that was never changed was so at the beginning of time. [CASS]
    modified = _text(one.modified) if one.modified else _EPOCH
    return {
        **one.attributes,
        "created_at": _text(one.created),
        "modified_at": modified,
        "created": _text(one.created),
        "modified": modified,
        "creator_uuid": _BY,
    }


def _read_rule(attributes: Mapping[str, Any]) -> NotificationRule:
    recipients = attributes.get("recipients")
    if isinstance(recipients, Sequence) and any(str(each).startswith("@") for each in recipients):
        raise ConfigError("Invalid recipients: Recipient handle should not start with '@'")
    try:
        return load_rule(attributes, source="notification rule")
    except ConfigError as error:
        raise ConfigError(str(error).removeprefix("notification rule: ")) from error


class RuleBook(ResourceBook[NotificationRule]):
    """The account's notification rules."""

    def __init__(self) -> None:
        super().__init__(
            Kind(
                type="monitor-notification-rule",
                root="/api/v2/monitor/notification_rule",
                name="Monitor Notification Rule",
                writable=("name", "filter", "recipients", "conditional_recipients", "bundle_config"),
                read=_read_rule,
                shown=_rule_shown,
            )
        )

    def routes(self, clock: Clock) -> list[Route]:
        """Return the routes under /api/v2/monitor/notification_rule."""
        return resource_routes(self, clock)


# --- configuration policies ---------------------------------------------------------------------------


class Policy(msgspec.Struct, frozen=True):
    """Monitors are tagged with a key, if that is required, and with one of these values where they are."""

    tag_key: str
    tag_key_required: bool
    valid_tag_values: list[str]

    def require(self, tags: Sequence[str]) -> None:
        """Raise `ConfigError` for a monitor whose tags do not comply."""
        values = [value for key, _, value in (tag.partition(":") for tag in tags) if key == self.tag_key]
        if self.tag_key_required and not values:
            raise ConfigError(f"Monitor configuration policy: the tag {self.tag_key!r} is required")
        for value in values:
            if value not in self.valid_tag_values:
                raise ConfigError(
                    f"Monitor configuration policy: {self.tag_key}:{value} is not valid;"
                    f" valid are {', '.join(self.valid_tag_values)}"
                )


def _read_policy(attributes: Mapping[str, Any]) -> Policy:
    if attributes.get("policy_type") != "tag":
        raise ConfigError("Value of parameter 'policy_type' should be any of these ['tag']")
    try:
        policy = msgspec.convert(attributes.get("policy"), Policy)
    except msgspec.ValidationError as error:
        raise ConfigError(f"policy: {error}") from error
    if not 1 <= len(policy.tag_key) <= 255 or not policy.valid_tag_values:
        raise ConfigError("a policy has a tag_key of 1 to 255 characters, and valid_tag_values")
    return policy


class PolicyBook(ResourceBook[Policy]):
    """The account's policies on the tags of monitors."""

    def __init__(self) -> None:
        super().__init__(
            Kind(
                type="monitor-config-policy",
                root="/api/v2/monitor/policy",
                name="Monitor configuration policy",
                writable=("policy", "policy_type"),
                read=_read_policy,
                shown=lambda one: one.attributes,
                mismatch=(422, "Policy id in request body does not match id in URL param"),
            )
        )

    def routes(self, clock: Clock) -> list[Route]:
        """Return the routes under /api/v2/monitor/policy."""
        return resource_routes(self, clock)


# --- templates ----------------------------------------------------------------------------------------


class _Variable(msgspec.Struct):
    name: str
    available_values: list[str] = []
    defaults: list[str] = []
    tag_key: str | None = None


class _Template(msgspec.Struct):
    title: str
    monitor_definition: dict[str, Any]
    tags: list[str]
    description: str | None = None
    template_variables: list[_Variable] = []


_WRITABLE = ("title", "description", "monitor_definition", "tags", "template_variables")


def _read_template(attributes: Mapping[str, Any]) -> _Template:
    for name in ("monitor_definition", "title", "tags"):
        if name not in attributes:
            raise ConfigError(f"Required parameter '{name}' is missing")
    try:
        template = msgspec.convert(attributes, _Template)
    except msgspec.ValidationError as error:
        raise ConfigError(f"template: {error}") from error
    for name in ("name", "query", "type"):
        if not isinstance(template.monitor_definition.get(name), str):
            raise ConfigError(f"Required parameter 'monitor_definition.{name}' is missing")
    return template


def _template_shown(one: Resource[_Template]) -> Mapping[str, Any]:
    modified = one.modified or one.created
    return {
        "template_variables": [],
        **one.attributes,
        "created": _text(one.created),
        "modified": _text(modified),
        "creator_uuid": _BY,
        "version": len(one.past),
    }


class TemplateBook(ResourceBook[_Template]):
    """The account's templates; each change makes a version."""

    def __init__(self) -> None:
        super().__init__(
            Kind(
                type="monitor-user-template",
                root="/api/v2/monitor/template",
                name="Monitor template",
                writable=_WRITABLE,
                read=_read_template,
                shown=_template_shown,
                changed_by="PUT",
            )
        )

    def routes(self, clock: Clock) -> list[Route]:
        """Return the routes under /api/v2/monitor/template."""

        async def validate(request: Request) -> Response:
            self.check(await read_attributes(request, self.kind.type, _WRITABLE))
            return Response(status_code=204)

        async def validate_change(request: Request) -> Response:
            one = self.get(request.path_params["name"])
            given = await read_attributes(request, self.kind.type, _WRITABLE, about=(one.id, *self.kind.mismatch))
            self.check({**one.attributes, **given})
            return Response(status_code=204)

        async def get(request: Request) -> JSONResponse:
            one = self.get(request.path_params["name"])
            shown = dict(_template_shown(one))
            if request.query_params.get("with_all_versions") == "true":
                shown["versions"] = [
                    {**attributes, "id": one.id, "version": number, "created": _text(one.created)}
                    for number, attributes in enumerate((*one.past, one.attributes))
                ]
            return JSONResponse({"data": {"type": self.kind.type, "id": one.id, "attributes": shown}})

        root = self.kind.root
        return [
            Route(f"{root}/validate", validate, methods=["POST"]),
            Route(f"{root}/{{name}}/validate", validate_change, methods=["POST"]),
            Route(f"{root}/{{name}}", get, methods=["GET"]),
            *resource_routes(self, clock),
        ]
