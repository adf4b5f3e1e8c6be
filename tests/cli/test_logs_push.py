# mypy: disallow-untyped-calls=False
# The official client's calls come without types.
"""What governs monitors, and how logs are kept, is pushed and read back by the official client as the files say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import pytest
from datadog_api_client.v1.api.logs_indexes_api import LogsIndexesApi
from datadog_api_client.v1.api.logs_pipelines_api import LogsPipelinesApi
from datadog_api_client.v2.api.downtimes_api import DowntimesApi
from datadog_api_client.v2.api.logs_archives_api import LogsArchivesApi
from datadog_api_client.v2.api.monitors_api import MonitorsApi
from datadog_api_client.v2.api.sensitive_data_scanner_api import SensitiveDataScannerApi
from tests.cli.pushing import Account
from tests.standins.datadog.official import parsed

EVERYWHERE = ["managed_by:alertproof"]
PIPELINE = "logs/pipelines/m3core.json"
MAIN = "logs/indexes/main.json"
DOWNTIME = "downtimes/nightly-import.json"
RULE = "rules/pages-to-channel.json"
#: The kinds of which an account has one thing for all environments.
SHARED = {
    *("notification rule", "log pipeline", "log index", "log index order", "log archive"),
    *("sensitive data group", "sensitive data rule"),
}


@pytest.fixture
def further(account: Account) -> Account:
    account.copy_further()
    return account


@pytest.fixture
def pushed(further: Account) -> Account:
    further.pushed()
    return further


def kept(account: Account) -> dict[str, list[dict[str, Any]]]:
    """Return what the account has of each kind, as the official client reads it."""
    with account.client() as client:
        included = parsed(SensitiveDataScannerApi(client).list_scanning_groups()).included
        return {
            "pipelines": [row.to_dict() for row in parsed(LogsPipelinesApi(client).list_logs_pipelines()).value],
            "indexes": [row.to_dict() for row in parsed(LogsIndexesApi(client).list_log_indexes()).indexes],
            "archives": [
                row.to_dict()["attributes"] for row in parsed(LogsArchivesApi(client).list_logs_archives()).data
            ],
            "scanning": [row.to_dict() for row in included.value],
            "rules": attributes_of(MonitorsApi(client).get_monitor_notification_rules()),
            "downtimes": attributes_of(DowntimesApi(client).list_downtimes()),
        }


def attributes_of(answer: Any) -> list[dict[str, Any]]:
    return [row.to_dict()["attributes"] for row in parsed(answer).data]


def holds(row: Mapping[str, Any], wanted: Mapping[str, Any], *but: str) -> bool:
    return {name: row.get(name) for name in wanted if name not in but} == {
        name: value for name, value in wanted.items() if name not in but
    }


# -- create, and nothing the second time ---------------------------------------------------------------------


def test_everything_is_read_back_as_its_file_says_it(pushed: Account) -> None:
    found = kept(pushed)

    (pipeline,) = found["pipelines"]
    wanted = pushed.json(PIPELINE)
    assert holds(pipeline, wanted, "processors")
    for made, said in zip(pipeline["processors"], wanted["processors"], strict=True):
        # The attributes' defaults are not sent; everything else is there as the file says it.
        assert holds(
            {"source_type": "attribute", "target_type": "attribute", "override_on_conflict": False} | made, said
        )
    assert pipeline["tags"] == [*EVERYWHERE, "alertproof_key:m3core"]
    by_name = {row["name"]: row for row in found["indexes"]}
    for name in ("errors", "main", "security"):
        assert holds(by_name[f"m3core-{name}"], pushed.json(f"logs/indexes/{name}.json"))
    (archive,) = found["archives"]
    assert holds(archive, pushed.json("logs/archives/everything.json")["data"]["attributes"])
    names = {row["name"] for row in found["rules"]}
    assert names == {pushed.json(f"rules/{key}.json")["data"]["attributes"]["name"] for key in rule_keys(pushed)}
    (downtime,) = found["downtimes"]
    wanted = pushed.json(DOWNTIME)["data"]["attributes"]
    assert holds(downtime, wanted, "message", "schedule")
    assert downtime["schedule"]["recurrences"] == wanted["schedule"]["recurrences"]
    first, *_, marks = downtime["message"].split("\n")
    assert first == "M3CoreCRM nightly import"
    assert marks.split() == ["managed_by:alertproof", "alertproof_env:prod", "alertproof_key:nightly-import"]


def rule_keys(account: Account) -> list[str]:
    """Return the rules that were pushed: those that tell a webhook were not, for nothing says where its receiver is."""
    rules = (account.folder / "monitoring/datadog/rules").glob("*.json")
    return [path.stem for path in rules if "webhook-" not in path.read_text(encoding="utf-8")]


def test_rules_for_sensitive_data_are_in_their_group(pushed: Account) -> None:
    rows = kept(pushed)["scanning"]
    (group,) = [row for row in rows if row["type"] == "sensitive_data_scanner_group"]
    rules = [row for row in rows if row["type"] == "sensitive_data_scanner_rule"]

    assert len(rules) == 3
    assert {row["relationships"]["group"]["data"]["id"] for row in rules} == {group["id"]}
    wanted = pushed.json("logs/sensitive-data/payment-card.json")["data"]["attributes"]
    (card,) = [row["attributes"] for row in rules if row["attributes"]["name"] == "Payment card"]
    assert holds(card, wanted, "description")
    assert card["description"] == "Payment card\nmanaged_by:alertproof alertproof_key:payment-card"


def test_our_indexes_come_first_in_the_files_order_and_those_of_others_after_them(further: Account) -> None:
    with further.client() as client:
        body: Any = {"name": "another", "filter": {"query": "service:another"}}
        LogsIndexesApi(client).create_logs_index(body=body)
    further.pushed()

    names = [row["name"] for row in kept(further)["indexes"]]
    assert names == [*further.json("logs/index-order.json")["index_names"], "main", "another"]


def test_a_second_push_writes_nothing_and_a_diff_finds_nothing(pushed: Account) -> None:
    pushed.writes()

    assert "no difference" in pushed.pushed()
    assert pushed.steps() == {}
    assert pushed.writes() == []


def test_what_the_agent_reads_is_said_not_to_be_pushed_and_why(further: Account) -> None:
    said = further.run("diff").stdout

    assert "left out: monitoring/datadog/agent: not pushed: the Agent reads it on its own host" in said


# -- update --------------------------------------------------------------------------------------------------


def test_a_changed_file_of_each_kind_is_updated_and_then_nothing_differs(pushed: Account) -> None:
    pipeline = pushed.json(PIPELINE)
    del pipeline["processors"][-1]
    pushed.write(PIPELINE, pipeline)
    index = pushed.json(MAIN)
    del index["daily_limit"], index["daily_limit_warning_threshold_percentage"]
    pushed.write(MAIN, index | {"num_retention_days": 15})
    downtime = pushed.json(DOWNTIME)
    downtime["data"]["attributes"]["schedule"]["recurrences"][0]["duration"] = "2h"
    pushed.write(DOWNTIME, downtime)
    rule = pushed.json("logs/sensitive-data/bearer-token.json")
    rule["data"]["attributes"]["is_enabled"] = False
    pushed.write("logs/sensitive-data/bearer-token.json", rule)

    assert {(step["kind"], step["action"]) for step in pushed.steps().values()} == {
        ("log pipeline", "update"),
        ("log index", "update"),
        ("downtime", "update"),
        ("sensitive data rule", "update"),
    }
    pushed.pushed()
    assert pushed.steps() == {}
    found = kept(pushed)
    (main,) = [row for row in found["indexes"] if row["name"] == "m3core-main"]
    assert (main["num_retention_days"], main.get("daily_limit")) == (15, None)
    assert found["downtimes"][0]["schedule"]["recurrences"][0]["duration"] == "2h"
    assert len(found["pipelines"][0]["processors"]) == len(pipeline["processors"])


def test_what_somebody_changed_in_the_account_is_seen_and_put_back(pushed: Account) -> None:
    with pushed.client() as client:
        api = LogsIndexesApi(client)
        api.update_logs_index_order(
            body=cast("Any", {"index_names": ["main", *pushed.json("logs/index-order.json")["index_names"]]})
        )
        scanner = SensitiveDataScannerApi(client)
        rows = parsed(scanner.list_scanning_groups()).included.value
        (group,) = [row for row in rows if str(row.type) == "sensitive_data_scanner_group"]
        body: Any = {"data": {"type": "sensitive_data_scanner_group", "attributes": {"is_enabled": False}}, "meta": {}}
        scanner.update_scanning_group(group.id, body=body)

    steps = pushed.steps()
    assert set(steps) == {("log index order", "index-order"), ("sensitive data group", "group")}
    assert steps["sensitive data group", "group"]["changes"] == [{"field": "is_enabled", "from": None, "to": True}]
    pushed.pushed()
    assert pushed.steps() == {}


@pytest.mark.parametrize(
    ("path", "field", "kind"),
    [(RULE, "recipients", "notification rule"), ("logs/archives/everything.json", "rehydration_tags", "log archive")],
)
def test_what_cannot_be_marked_is_changed_only_when_it_is_named(
    pushed: Account, path: str, field: str, kind: str
) -> None:
    document = pushed.json(path)
    attributes = document["data"]["attributes"]
    attributes[field] = ["team:other"] if kind == "log archive" else ["slack-other"]
    pushed.write(path, document)

    done = pushed.push()
    assert done.returncode == 1
    assert f"take it over with --adopt '{attributes['name']}'" in done.stdout
    assert "0 to" not in done.stdout
    pushed.pushed("--adopt", attributes["name"])
    assert pushed.steps() == {}


def test_a_processor_says_what_goes_without_saying_or_does_not(pushed: Account) -> None:
    pipeline = pushed.json(PIPELINE)
    for each in pipeline["processors"]:
        if each["type"] == "attribute-remapper":
            del each["source_type"], each["override_on_conflict"]
    pushed.write(PIPELINE, pipeline)

    assert pushed.steps() == {}


# -- other environments, and deletion ------------------------------------------------------------------------


def test_another_environment_has_downtimes_of_its_own_and_shares_the_rest(pushed: Account) -> None:
    pushed.say_stack(DD_API_KEY="k", DD_APP_KEY="a", DD_ENV="staging")

    assert not {kind for kind, _ in pushed.steps("--delete")} & SHARED
    pushed.pushed("--delete")
    found = kept(pushed)
    assert [row["scope"] for row in found["downtimes"]] == ["env:prod", "env:staging"]
    assert len(found["pipelines"]) == 1


def test_what_has_no_file_any_more_is_deleted_only_when_told_and_only_what_is_marked(pushed: Account) -> None:
    for path in (PIPELINE, DOWNTIME, RULE, *(f"logs/sensitive-data/{key}.json" for key in ("group", "email-address"))):
        (pushed.folder / "monitoring/datadog" / path).unlink()
    for key in ("bearer-token", "payment-card"):
        (pushed.folder / f"monitoring/datadog/logs/sensitive-data/{key}.json").unlink()

    assert "6 of ours have no file any more; --delete deletes them" in pushed.pushed()
    pushed.pushed("--delete")
    found = kept(pushed)
    assert (found["pipelines"], found["scanning"]) == ([], [])
    assert [row["status"] for row in found["downtimes"]] == ["canceled"]
    assert len(found["rules"]) == 2, "a rule has no mark: nothing says that it is ours"
    assert pushed.steps("--delete") == {}


def test_a_downtime_that_was_cancelled_is_made_anew(pushed: Account) -> None:
    with pushed.client() as client:
        api = DowntimesApi(client)
        (row,) = parsed(api.list_downtimes()).data
        api.cancel_downtime(row.id)

    (step,) = pushed.steps().values()
    assert (step["kind"], step["action"]) == ("downtime", "create")


# -- files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "change", "said"),
    [
        (
            "logs/index-order.json",
            {"index_names": ["m3core-error"]},
            "index-order.json:3: no file declares an index 'm3core-error' (did you mean 'm3core-errors'?)",
        ),
        ("logs/index-order.json", {"index_names": []}, "index-order.json:1: it has no index_names"),
        (
            "logs/sensitive-data/email-address.json",
            {"data": {"type": "sensitive_data_scanner_rul", "attributes": {"name": "x"}}},
            "its type is neither sensitive_data_scanner_group nor sensitive_data_scanner_rule",
        ),
        (
            "logs/sensitive-data/email-address.json",
            {
                "data": {
                    "type": "sensitive_data_scanner_rule",
                    "attributes": {"name": "x"},
                    "relationships": {"group": {"data": {"id": "grup"}}},
                }
            },
            "relationships.group.data.id, by that file's stem: 'grup' (did you mean 'group'?)",
        ),
        (
            DOWNTIME,
            {"data": {"type": "downtime", "attributes": {"scope": "*"}}},
            "it has no message",
        ),
    ],
)
def test_a_file_that_is_wrong_is_said_with_its_place_before_anything_is_asked(
    further: Account, path: str, change: Any, said: str
) -> None:
    further.write(path, change)

    done = further.push()

    assert done.returncode == 2
    assert said in done.stderr
    assert further.writes() == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [(RULE, "notification rule"), (MAIN, "log index"), ("logs/archives/everything.json", "log archive")],
)
def test_two_files_of_what_is_known_by_its_name_alone_are_refused(further: Account, path: str, kind: str) -> None:
    further.write(f"{path.rpartition('/')[0]}/z-copy.json", further.json(path))

    done = further.push()

    assert done.returncode == 2
    assert re.search(rf"z-copy\.json:\d+: \S+ declares a {kind} .* as well; it is known by its name alone", done.stderr)
    assert further.writes() == []


@pytest.mark.parametrize("scope", ["*", "NOT env:prod", "env:production", "service:m3core-worker"])
def test_a_downtime_that_does_not_say_its_environment_is_not_pushed_for_another(further: Account, scope: str) -> None:
    document = further.json(DOWNTIME)
    document["data"]["attributes"]["scope"] = scope
    further.write(DOWNTIME, document)
    assert further.run("diff").returncode == 1
    further.say_stack(DD_API_KEY="k", DD_APP_KEY="a", DD_ENV="staging")

    done = further.push()

    assert done.returncode == 2
    assert f"nightly-import.json:11: the scope '{scope}' of a downtime does not say env:prod" in done.stderr
