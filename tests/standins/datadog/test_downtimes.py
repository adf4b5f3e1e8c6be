# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Downtimes through the official client, in both versions of the API; and that they mute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from datadog_api_client.exceptions import ApiException, NotFoundException
from datadog_api_client.v1.api.downtimes_api import DowntimesApi as OldDowntimesApi
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.model.cancel_downtimes_by_scope_request import CancelDowntimesByScopeRequest
from datadog_api_client.v1.model.downtime import Downtime as OldDowntime
from datadog_api_client.v1.model.downtime_recurrence import DowntimeRecurrence
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_options import MonitorOptions
from datadog_api_client.v1.model.monitor_thresholds import MonitorThresholds
from datadog_api_client.v1.model.monitor_type import MonitorType
from datadog_api_client.v2.api.downtimes_api import DowntimesApi
from datadog_api_client.v2.model.downtime_create_request import DowntimeCreateRequest
from datadog_api_client.v2.model.downtime_update_request import DowntimeUpdateRequest
from tests.standins.datadog.official import parsed

if TYPE_CHECKING:
    from datadog_api_client import ApiClient
    from tests.standins.datadog.conftest import Running

# Version 1 of the API is, says its client.
pytestmark = pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")
Start = Callable[..., Any]
EVERY = {"monitor_tags": ["*"]}


@pytest.fixture
def client(standin: Running) -> Iterator[ApiClient]:
    with standin.client() as client:
        yield client


def request(**attributes: Any) -> DowntimeCreateRequest:
    given = {"monitor_identifier": EVERY, "scope": "env:test", **attributes}
    data: Any = {"type": "downtime", "attributes": given}
    return DowntimeCreateRequest(data=data)


def change(name: str, **attributes: Any) -> DowntimeUpdateRequest:
    data: Any = {"type": "downtime", "id": name, "attributes": attributes}
    return DowntimeUpdateRequest(data=data)


def refusal(error: ApiException) -> str:
    (text,) = error.body["errors"]
    return str(text)


def test_a_downtime_is_created_with_the_servers_defaults_and_read_back(client: ApiClient, standin: Running) -> None:
    api = DowntimesApi(client)
    made = parsed(api.create_downtime(request(message="a planned change")))
    attributes = made.data.attributes

    assert (str(attributes.status), attributes.display_timezone, attributes.canceled) == ("active", "UTC", None)
    assert sorted(map(str, attributes.notify_end_states)) == ["alert", "no data", "warn"]
    assert [str(each) for each in attributes.notify_end_types] == ["expired"]
    assert attributes.mute_first_recovery_notification is False
    assert attributes.schedule.end is None
    assert abs(attributes.schedule.start - standin.clock.now()) < timedelta(minutes=5)
    assert parsed(api.get_downtime(made.data.id)).data.attributes.message == "a planned change"
    assert made.data.id in {each.id for each in parsed(api.list_downtimes(page_limit=1000)).data}


def test_a_change_replaces_what_it_names_and_leaves_the_rest(client: ApiClient) -> None:
    api = DowntimesApi(client)
    made = api.create_downtime(request(message="before", notify_end_types=["canceled"])).data

    changed = parsed(api.update_downtime(made.id, change(made.id, message="after", scope="env:other"))).data.attributes

    assert (changed.message, changed.scope) == ("after", "env:other")
    assert [str(each) for each in changed.notify_end_types] == ["canceled"]
    assert changed.created == made.attributes.created
    assert changed.modified > changed.created


def test_a_cancelled_downtime_is_shown_as_such_and_not_among_the_current(client: ApiClient) -> None:
    api = DowntimesApi(client)
    name = api.create_downtime(request()).data.id
    assert name in {each.id for each in api.list_downtimes(current_only=True, page_limit=1000).data}

    api.cancel_downtime(name)

    shown = parsed(api.get_downtime(name)).data.attributes
    assert (str(shown.status), shown.canceled is not None) == ("canceled", True)
    assert name not in {each.id for each in api.list_downtimes(current_only=True, page_limit=1000).data}
    with pytest.raises(ApiException) as caught:
        api.update_downtime(name, change(name, message="too late"))
    assert (caught.value.status, "cannot be changed" in refusal(caught.value)) == (400, True)


def test_one_that_recurs_shows_the_occurrence_that_it_is_in_or_its_next(client: ApiClient, standin: Running) -> None:
    now = standin.clock.now()
    nightly = {"rrule": "FREQ=DAILY", "duration": "2h", "start": f"{now + timedelta(days=1):%Y-%m-%dT03:00:00}"}
    made = parsed(
        DowntimesApi(client).create_downtime(
            request(schedule={"recurrences": [nightly], "timezone": "America/New_York"}, display_timezone="UTC")
        )
    ).data.attributes

    assert str(made.status) == "scheduled"
    (again,) = made.schedule.recurrences
    assert (again.rrule, again.duration) == ("FREQ=DAILY", "2h")
    current = made.schedule.current_downtime
    assert current.start.astimezone(UTC).hour in {7, 8}, "three o'clock in New York"
    assert current.end - current.start == timedelta(hours=2)


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"schedule": {"timezone": "UTC", "recurrences": []}}, "recurrences: [] is too short"),
        ({"monitor_identifier": {"monitor_tags": []}}, "monitor_tags: [] is too short"),
        ({"display_timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"scope": "BAD_SCOPE_MISSING_KEY_VALUE_FORMAT"}, "All values must have a key"),
        ({"monitor_identifier": {}}, "monitor_identifier has a monitor_id or monitor_tags"),
        ({"schedule": {"start": "2026-03-02T00:00:00Z", "end": "2026-03-01T00:00:00Z"}}, "before it starts"),
        ({"schedule": {"recurrences": [{"rrule": "FREQ=HOURLY", "duration": "1h"}]}}, "FREQ=HOURLY is not modelled"),
        ({"schedule": {"recurrences": [{"rrule": "FREQ=DAILY", "duration": "soon"}]}}, "'soon' is no duration"),
        ({"notify_end_types": ["ended"]}, "'ended' is none of notify_end_types"),
        ({"invalid_field": "sophon"}, "Additional properties are not allowed ('invalid_field' was unexpected)"),
    ],
)
def test_what_is_wrong_is_refused(attributes: dict[str, Any], said: str, client: ApiClient) -> None:
    client.configuration.check_input_type = False
    with pytest.raises(ApiException) as caught:
        DowntimesApi(client).create_downtime(request(**attributes))
    assert caught.value.status == 400
    assert said in refusal(caught.value)


def test_one_that_is_not_there_is_not_found(client: ApiClient) -> None:
    for call in (DowntimesApi(client).get_downtime, DowntimesApi(client).cancel_downtime):
        with pytest.raises(NotFoundException) as caught:
            call("00000000-0000-1234-0000-000000000000")
        assert refusal(caught.value) == "Downtime not found"
    with pytest.raises(NotFoundException):
        OldDowntimesApi(client).get_downtime(7)


# --- version 1 ----------------------------------------------------------------------------------------


def test_both_versions_show_the_same_downtime(client: ApiClient) -> None:
    old, new = OldDowntimesApi(client), DowntimesApi(client)
    begins = datetime(2026, 3, 2, 10, tzinfo=UTC)
    ends = begins + timedelta(hours=1)
    made = parsed(
        old.create_downtime(
            OldDowntime(
                scope=["env:old", "service:web"],
                start=int(begins.timestamp()),
                end=int(ends.timestamp()),
                message="by version 1",
                monitor_tags=["team:crm"],
                recurrence=DowntimeRecurrence(type="weeks", period=2, week_days=["Mon", "Fri"], until_occurrences=4),
                timezone="Europe/Berlin",
            )
        )
    )

    assert (made.active, made.scope, made.downtime_type) == (False, ["env:old", "service:web"], 2)
    assert (made.start, made.end) == (int(begins.timestamp()), int(ends.timestamp()))
    (seen,) = [each for each in new.list_downtimes(page_limit=1000).data if each.attributes.message == "by version 1"]
    assert parsed(seen).attributes.scope == "env:old AND service:web"
    (again,) = seen.attributes.schedule.recurrences
    assert again.rrule == "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=MO,FR"
    assert (again.duration, again.start) == ("60m", "2026-03-02T11:00:00")
    assert seen.attributes.schedule.current_downtime.start == begins

    changed = parsed(old.update_downtime(made.id, OldDowntime(message="changed by version 1")))
    assert (changed.message, changed.start) == ("changed by version 1", made.start)
    old.cancel_downtime(made.id)
    assert str(new.get_downtime(seen.id).data.attributes.status) == "canceled"


def test_version_1_cancels_by_scope(client: ApiClient) -> None:
    old = OldDowntimesApi(client)
    first, second = (old.create_downtime(OldDowntime(scope=["env:gone", f"n:{n}"])) for n in (1, 2))

    answer = parsed(old.cancel_downtimes_by_scope(CancelDowntimesByScopeRequest(scope="env:gone,n:1")))

    assert answer.cancelled_ids == [first.id]
    assert old.get_downtime(second.id).active
    with pytest.raises(NotFoundException, match="Downtime not found"):
        old.cancel_downtimes_by_scope(CancelDowntimesByScopeRequest(scope="env:gone,n:1"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"recurrence": DowntimeRecurrence(type="hours", period=1)}, "Invalid recurrence type"),
        ({"timezone": "Mars/Olympus", "recurrence": DowntimeRecurrence(type="days"), "end": 1_800_003_600}, "Mars"),
        ({"start": 1_900_000_000, "end": 1_800_000_000}, "before it starts"),
        ({"scope": ["nothing"]}, "All values must have a key"),
    ],
)
def test_version_1_refuses_what_is_wrong(given: dict[str, Any], said: str, client: ApiClient) -> None:
    with pytest.raises(ApiException) as caught:
        OldDowntimesApi(client).create_downtime(OldDowntime(**{"scope": ["*"], "start": 1_800_000_000, **given}))
    assert caught.value.status == 400
    assert said in refusal(caught.value)


# --- muting -------------------------------------------------------------------------------------------


def test_what_a_downtime_mutes_tells_nobody_until_it_is_cancelled_loudly(start: Start) -> None:
    deep = ["queue.depth:50|g|#env:test,queue:mail", "queue.depth:70|g|#env:test,queue:jobs"]
    with start(600) as standin, standin.client() as client:
        body = Monitor(
            type=MonitorType.QUERY_ALERT,
            name="depth",
            query="max(last_1m):max:queue.depth{env:test} by {queue} > 10",
            message="@ops@example.com",
            options=MonitorOptions(thresholds=MonitorThresholds(critical=10.0), new_group_delay=0),
        )
        number = MonitorsApi(client).create_monitor(body).id
        downtime = request(
            scope="queue:mail", monitor_identifier={"monitor_id": number}, notify_end_types=["canceled", "expired"]
        )
        name = DowntimesApi(client).create_downtime(downtime).data.id

        def told() -> list[str]:
            return [each["group"] for each in standin.control("notifications")["notifications"]]

        standin.eventually(told, sending=deep)
        evaluated = standin.control("clock")["evaluations"]
        standin.eventually(lambda: standin.control("clock")["evaluations"] >= evaluated + 9, sending=deep)
        assert told() == ["queue:jobs"]
        (match,) = parsed(DowntimesApi(client).list_monitor_downtimes(number)).data
        assert (match.id, match.attributes.groups) == (name, ["queue:mail"])
        assert [each.scope for each in OldDowntimesApi(client).list_monitor_downtimes(number)] == [["queue:mail"]]

        DowntimesApi(client).cancel_downtime(name)

        standin.eventually(lambda: told() == ["queue:jobs", "queue:mail"], sending=deep)


def test_muted_groups_are_found_by_searching_and_shown_with_their_downtime(start: Start) -> None:
    deep = ["queue.depth:50|g|#env:test,queue:mail", "queue.depth:70|g|#env:test,queue:jobs"]
    with start(600) as standin, standin.client() as client:
        monitors = MonitorsApi(client)
        body = Monitor(
            type=MonitorType.QUERY_ALERT,
            name="depth",
            query="max(last_1m):max:queue.depth{env:test} by {queue} > 10",
            message="",
            tags=["team:crm"],
            options=MonitorOptions(thresholds=MonitorThresholds(critical=10.0), new_group_delay=0),
        )
        number = monitors.create_monitor(body).id
        standin.eventually(lambda: len(parsed(monitors.search_monitor_groups()).groups) == 2, sending=deep)
        assert parsed(monitors.search_monitors(query="muted:true")).monitors == []

        DowntimesApi(client).create_downtime(request(scope="queue:mail"))

        found = parsed(monitors.search_monitor_groups(query="muted:true tag:queue:mail depth"))
        (group,) = found.groups
        assert (group.monitor_id, group.group, str(group.status)) == (number, "queue:mail", "Alert")
        assert [(each.name, each.count) for each in found.counts.status.value] == [("Alert", 1)]
        rest = parsed(monitors.search_monitor_groups(query="muted:false", sort="name,asc")).groups
        assert [each.group for each in rest] == ["queue:jobs"]
        assert [each.id for each in parsed(monitors.search_monitors(query="muted:true")).monitors] == [number]
        (matching,) = parsed(monitors.get_monitor(number, with_downtimes=True)).matching_downtimes
        assert matching.scope == ["queue:mail"]
        with pytest.raises(ApiException, match="sort is name"):
            monitors.search_monitors(sort="age,up")
