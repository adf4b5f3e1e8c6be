# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Families that govern monitors: notification rules, configuration policies, templates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from datadog_api_client import ApiClient
from datadog_api_client.v2.api.monitors_api import MonitorsApi as NewMonitorsApi
from datadog_api_client.v2.model.monitor_config_policy_create_request import MonitorConfigPolicyCreateRequest
from datadog_api_client.v2.model.monitor_config_policy_edit_request import MonitorConfigPolicyEditRequest
from datadog_api_client.v2.model.monitor_notification_rule_create_request import MonitorNotificationRuleCreateRequest
from datadog_api_client.v2.model.monitor_notification_rule_update_request import MonitorNotificationRuleUpdateRequest
from datadog_api_client.v2.model.monitor_user_template_create_request import MonitorUserTemplateCreateRequest
from datadog_api_client.v2.model.monitor_user_template_update_request import MonitorUserTemplateUpdateRequest
from hypothesis import strategies as st
from tests.standins.datadog.family import NAMES, NUMBERS, TAGS, TEXTS, Family, Fields, plain, some
from tests.standins.datadog.official import parsed

__all__ = ["GOVERNING"]


def _rules(client: ApiClient) -> Family:
    api, kind = NewMonitorsApi(client), "monitor-notification-rule"
    recipients = st.lists(st.sampled_from(["slack-a", "jira-b", "pagerduty-c"]), min_size=1, unique=True)
    shape = {
        "name": NAMES,
        "filter": st.sampled_from([{"tags": ["team:nobody"]}, {"scope": "env:none AND team:nobody"}]),
        "recipients": recipients,
    }

    def change(key: str, given: Fields, _: Fields) -> object:
        # A change without a name or filter is refused by the client: both are required of it.
        data: Any = {"type": kind, "id": key, "attributes": {**_plain_rule(key), **given}}
        return parsed(api.update_monitor_notification_rule(key, MonitorNotificationRuleUpdateRequest(data=data)))

    def _plain_rule(key: str) -> Fields:
        return plain(parsed(api.get_monitor_notification_rule(key)).data.attributes, shape)

    def create(given: Fields) -> str:
        data: Any = {"type": kind, "attributes": given}
        return str(
            parsed(api.create_monitor_notification_rule(MonitorNotificationRuleCreateRequest(data=data))).data.id
        )

    return Family(
        bodies=st.fixed_dictionaries(shape),
        changes=some(shape),
        create=create,
        change=change,
        read=_plain_rule,
        delete=api.delete_monitor_notification_rule,
        listed=lambda: [str(each.id) for each in parsed(api.get_monitor_notification_rules()).data],
    )


def _policies(client: ApiClient) -> Family:
    api, kind = NewMonitorsApi(client), "monitor-config-policy"
    # Never required, and of keys that no monitor has: the account has other monitors.
    policy = st.fixed_dictionaries(
        {
            "tag_key": st.builds(lambda: f"key-{next(NUMBERS)}"),
            "tag_key_required": st.just(False),
            "valid_tag_values": st.lists(NAMES, min_size=1, max_size=3, unique=True),
        }
    )
    shape = {"policy": policy, "policy_type": st.just("tag")}

    def create(given: Fields) -> str:
        data: Any = {"type": kind, "attributes": given}
        return str(parsed(api.create_monitor_config_policy(MonitorConfigPolicyCreateRequest(data=data))).data.id)

    def change(key: str, _: Fields, whole: Fields) -> object:
        data: Any = {"type": kind, "id": key, "attributes": whole}
        return parsed(api.update_monitor_config_policy(key, MonitorConfigPolicyEditRequest(data=data)))

    return Family(
        bodies=st.fixed_dictionaries(shape),
        changes=some({"policy": policy}),
        create=create,
        change=change,
        read=lambda key: plain(parsed(api.get_monitor_config_policy(key)).data.attributes, shape),
        delete=api.delete_monitor_config_policy,
        listed=lambda: [str(each.id) for each in parsed(api.list_monitor_config_policies()).data],
    )


def _templates(client: ApiClient) -> Family:
    api, kind = NewMonitorsApi(client), "monitor-user-template"
    definition = st.fixed_dictionaries(
        {
            "name": NAMES,
            "type": st.just("query alert"),
            "query": st.just("max(last_1m):max:queue.depth{*} > 10"),
            "message": TEXTS,
        }
    )
    variables = st.lists(
        st.fixed_dictionaries(
            {"name": st.sampled_from(["queue", "env"]), "defaults": st.just(["mail"])},
            optional={"tag_key": st.just("queue"), "available_values": st.just(["mail", "sms"])},
        ),
        max_size=2,
        unique_by=lambda each: each["name"],
    )
    shape = {
        "title": NAMES,
        "description": TEXTS,
        "tags": TAGS,
        "monitor_definition": definition,
        "template_variables": variables,
    }

    def create(given: Fields) -> str:
        data: Any = {"type": kind, "attributes": given}
        return str(parsed(api.create_monitor_user_template(MonitorUserTemplateCreateRequest(data=data))).data.id)

    def change(key: str, _: Fields, whole: Fields) -> object:
        before = parsed(api.get_monitor_user_template(key, with_all_versions=True)).data.attributes
        data: Any = {"type": kind, "id": key, "attributes": whole}
        changed = parsed(api.update_monitor_user_template(key, MonitorUserTemplateUpdateRequest(data=data)))
        assert changed.data.attributes.version == before.version + 1
        assert len(before.versions) == before.version + 1
        return changed

    return Family(
        bodies=st.fixed_dictionaries(shape),
        changes=some(shape),
        create=create,
        change=change,
        read=lambda key: plain(parsed(api.get_monitor_user_template(key)).data.attributes, shape),
        delete=api.delete_monitor_user_template,
        listed=lambda: [str(each.id) for each in parsed(api.list_monitor_user_templates()).data],
    )


GOVERNING: dict[str, Callable[[ApiClient], Family]] = {
    "notification rules": _rules,
    "policies": _policies,
    "templates": _templates,
}
