# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Notification rules, configuration policies and templates through the official client; and that they govern."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from datadog_api_client.exceptions import ApiException, NotFoundException
from datadog_api_client.v1.api.monitors_api import MonitorsApi as OldMonitorsApi
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_options import MonitorOptions
from datadog_api_client.v1.model.monitor_thresholds import MonitorThresholds
from datadog_api_client.v1.model.monitor_type import MonitorType
from datadog_api_client.v1.model.monitor_update_request import MonitorUpdateRequest
from datadog_api_client.v2.api.monitors_api import MonitorsApi
from datadog_api_client.v2.model.monitor_config_policy_create_request import MonitorConfigPolicyCreateRequest
from datadog_api_client.v2.model.monitor_config_policy_edit_request import MonitorConfigPolicyEditRequest
from datadog_api_client.v2.model.monitor_notification_rule_create_request import MonitorNotificationRuleCreateRequest
from datadog_api_client.v2.model.monitor_notification_rule_update_request import MonitorNotificationRuleUpdateRequest
from datadog_api_client.v2.model.monitor_user_template_create_request import MonitorUserTemplateCreateRequest
from datadog_api_client.v2.model.monitor_user_template_update_request import MonitorUserTemplateUpdateRequest
from tests.standins.datadog.official import parsed

if TYPE_CHECKING:
    from datadog_api_client import ApiClient
    from tests.standins.datadog.conftest import Running

pytestmark = pytest.mark.filterwarnings("ignore:Using unstable operation:UserWarning")
Start = Callable[..., Any]
QUERY = "max(last_1m):max:queue.depth{env:test} by {queue} > 10"
OTHER = "00000000-0000-1234-0000-000000000000"


UNSTABLE = (
    "create_monitor_user_template",
    "delete_monitor_user_template",
    "get_monitor_user_template",
    "list_monitor_user_templates",
    "update_monitor_user_template",
    "validate_existing_monitor_user_template",
    "validate_monitor_user_template",
)


@pytest.fixture
def client(standin: Running) -> Iterator[ApiClient]:
    with standin.client() as client:
        for operation in UNSTABLE:
            client.configuration.unstable_operations[operation] = True
        yield client


def refusal(error: ApiException) -> str:
    (text,) = error.body["errors"]
    return str(text)


def monitor(tags: list[str]) -> Monitor:
    return Monitor(
        type=MonitorType.QUERY_ALERT,
        name="depth",
        query=QUERY,
        message="@ops@example.com",
        tags=tags,
        options=MonitorOptions(thresholds=MonitorThresholds(critical=10.0), new_group_delay=0),
    )


def rule(**attributes: Any) -> MonitorNotificationRuleCreateRequest:
    given = {"name": "r", "filter": {"tags": ["team:crm"]}, **attributes}
    data: Any = {"type": "monitor-notification-rule", "attributes": given}
    return MonitorNotificationRuleCreateRequest(data=data)


def policy(key: str = "team", values: list[str] | None = None, kind: str = "tag") -> MonitorConfigPolicyCreateRequest:
    given = {"tag_key": key, "tag_key_required": True, "valid_tag_values": values or ["crm", "core"]}
    data: Any = {"type": "monitor-config-policy", "attributes": {"policy_type": kind, "policy": given}}
    return MonitorConfigPolicyCreateRequest(data=data)


def template(**attributes: Any) -> dict[str, Any]:
    definition = {"name": "depth", "type": "query alert", "query": QUERY, "message": "deep"}
    return {"title": "Depth of a queue", "tags": ["team:crm"], "monitor_definition": definition, **attributes}


# --- notification rules -------------------------------------------------------------------------------


def test_a_rule_is_created_changed_listed_and_deleted(client: ApiClient) -> None:
    api = MonitorsApi(client)
    made = parsed(api.create_monitor_notification_rule(rule(recipients=["slack-a", "jira-b"])))
    name = made.data.id
    assert made.data.attributes.modified == datetime.fromtimestamp(0, UTC)

    data: Any = {
        "type": "monitor-notification-rule",
        "id": name,
        "attributes": {
            "name": "changed",
            "filter": {"scope": "env:prod AND team:crm"},
            "conditional_recipients": {
                "conditions": [{"scope": "transition_type:is_alert", "recipients": ["pagerduty-x"]}],
                "fallback_recipients": ["slack-a"],
            },
            "recipients": None,
        },
    }
    changed = parsed(api.update_monitor_notification_rule(name, MonitorNotificationRuleUpdateRequest(data=data)))

    assert changed.data.attributes.name == "changed"
    assert changed.data.attributes.filter.scope == "env:prod AND team:crm"
    assert name in {each.id for each in parsed(api.get_monitor_notification_rules()).data}
    assert parsed(api.get_monitor_notification_rule(name)).data.attributes.name == "changed"
    api.delete_monitor_notification_rule(name)
    with pytest.raises(NotFoundException) as caught:
        api.delete_monitor_notification_rule(name)
    assert refusal(caught.value) == "Monitor Notification Rule not found"


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"recipients": ["@slack-a"]}, "Invalid recipients: Recipient handle should not start with '@'"),
        ({}, "has recipients or conditional_recipients, one of them"),
        ({"recipients": ["slack-a"], "filter": {}}, "has tags or a scope, one of them"),
        ({"recipients": ["slack-a"], "filter": {"scope": "env:"}}, "env:"),
    ],
)
def test_a_rule_that_is_wrong_is_refused(attributes: dict[str, Any], said: str, client: ApiClient) -> None:
    with pytest.raises(ApiException) as caught:
        MonitorsApi(client).create_monitor_notification_rule(rule(**attributes))
    assert caught.value.status == 400
    assert said in refusal(caught.value)


def test_a_rule_tells_its_recipients_of_the_monitors_that_it_matches(start: Start) -> None:
    deep = ["queue.depth:50|g|#env:test,queue:mail"]
    with start(600) as standin, standin.client() as client:
        MonitorsApi(client).create_monitor_notification_rule(rule(recipients=["slack-crm"]))
        theirs = OldMonitorsApi(client).create_monitor(monitor(["team:crm"])).id
        other = OldMonitorsApi(client).create_monitor(monitor(["team:core"])).id

        def told() -> dict[int, list[str]]:
            sent = standin.control("notifications")["notifications"]
            return {each["monitor_id"]: [d["handle"] for d in each["deliveries"]] for each in sent}

        standin.eventually(lambda: len(told()) == 2, sending=deep)

        assert told() == {theirs: ["ops@example.com", "slack-crm"], other: ["ops@example.com"]}


# --- configuration policies ---------------------------------------------------------------------------


def test_a_policy_decides_which_tags_monitors_may_have(start: Start) -> None:
    with start(600) as standin, standin.client() as client:
        decides(MonitorsApi(client), OldMonitorsApi(client))


def decides(api: MonitorsApi, monitors: OldMonitorsApi) -> None:
    made = parsed(api.create_monitor_config_policy(policy()))
    assert made.data.attributes.policy.valid_tag_values == ["crm", "core"]
    assert [each.id for each in parsed(api.list_monitor_config_policies()).data] == [made.data.id]

    for tags, said in ((["env:prod"], "the tag 'team' is required"), (["team:x"], "team:x is not valid")):
        with pytest.raises(ApiException, match=said) as caught:
            monitors.create_monitor(monitor(tags))
        assert caught.value.status == 400
    number = monitors.create_monitor(monitor(["team:crm", "env:prod"])).id
    with pytest.raises(ApiException, match="team:x is not valid"):
        monitors.update_monitor(number, MonitorUpdateRequest(tags=["team:x"]))

    data: Any = {
        "type": "monitor-config-policy",
        "id": made.data.id,
        "attributes": {
            "policy_type": "tag",
            "policy": {"tag_key": "team", "tag_key_required": False, "valid_tag_values": ["x"]},
        },
    }
    parsed(api.update_monitor_config_policy(made.data.id, MonitorConfigPolicyEditRequest(data=data)))
    monitors.update_monitor(number, MonitorUpdateRequest(tags=["team:x"]))
    monitors.create_monitor(monitor(["env:prod"]))

    api.delete_monitor_config_policy(made.data.id)
    with pytest.raises(NotFoundException) as caught:
        api.get_monitor_config_policy(made.data.id)
    assert refusal(caught.value) == "Monitor configuration policy not found"
    monitors.create_monitor(monitor(["team:whatever"]))


def test_a_policy_that_is_wrong_is_refused_in_the_recorded_words(client: ApiClient) -> None:
    api = MonitorsApi(client)
    with pytest.raises(ApiException) as caught:
        api.create_monitor_config_policy(policy(kind="INVALID"))
    assert refusal(caught.value) == "Value of parameter 'policy_type' should be any of these ['tag']"
    name = api.create_monitor_config_policy(policy("nobody-has-this")).data.id
    data: Any = {**policy().to_dict()["data"], "id": OTHER}
    with pytest.raises(ApiException) as caught:
        api.update_monitor_config_policy(name, MonitorConfigPolicyEditRequest(data=data))
    assert caught.value.status == 422
    assert refusal(caught.value) == "Policy id in request body does not match id in URL param"
    api.delete_monitor_config_policy(name)


# --- templates ----------------------------------------------------------------------------------------


def creation(**attributes: Any) -> MonitorUserTemplateCreateRequest:
    data: Any = {"type": "monitor-user-template", "attributes": template(**attributes)}
    return MonitorUserTemplateCreateRequest(data=data)


def test_each_change_of_a_template_makes_a_version(client: ApiClient) -> None:
    api = MonitorsApi(client)
    api.validate_monitor_user_template(creation())
    variable = {"name": "queue", "tag_key": "queue", "available_values": ["mail"], "defaults": ["mail"]}
    made = parsed(api.create_monitor_user_template(creation(template_variables=[variable]))).data
    assert made.attributes.version == 0
    assert made.attributes.template_variables[0].defaults == ["mail"]

    data: Any = {"type": "monitor-user-template", "id": made.id, "attributes": template(title="Another title")}
    change = MonitorUserTemplateUpdateRequest(data=data)
    api.validate_existing_monitor_user_template(made.id, change)
    assert parsed(api.get_monitor_user_template(made.id)).data.attributes.version == 0
    assert parsed(api.update_monitor_user_template(made.id, change)).data.attributes.version == 1

    seen = parsed(api.get_monitor_user_template(made.id, with_all_versions=True)).data.attributes
    assert [(each.version, each.title) for each in seen.versions] == [(0, "Depth of a queue"), (1, "Another title")]
    assert made.id in {each.id for each in parsed(api.list_monitor_user_templates()).data}
    api.delete_monitor_user_template(made.id)
    with pytest.raises(NotFoundException) as caught:
        api.get_monitor_user_template(made.id)
    assert refusal(caught.value) == "Monitor template not found"


@pytest.mark.parametrize("path", ["template", "template/validate"])
@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"attributes": {"title": "t", "tags": []}}, "Required parameter 'monitor_definition' is missing"),
        ({"attributes": template(invalid_field=1)}, "('invalid_field' was unexpected)"),
        ({"type": "monitor", "attributes": template()}, "'monitor' is not one of ['monitor-user-template']"),
        ({"attributes": template(monitor_definition={"name": "n"})}, "'monitor_definition.query' is missing"),
        ({}, "attributes"),
    ],
)
def test_a_template_that_is_wrong_is_refused(path: str, data: dict[str, Any], said: str, standin: Running) -> None:
    answer = httpx.post(
        f"{standin.endpoints['datadog']}/api/v2/monitor/{path}",
        headers={"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"},
        json={"data": {"type": "monitor-user-template", **data}},
    )
    assert answer.status_code == 400
    (text,) = answer.json()["errors"]
    assert said in text
