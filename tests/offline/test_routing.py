"""Downtimes, notification rules and ``notify_by`` in ``*.alert.yaml``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from alertproof.errors import Broken, ConfigError, NotModelled
from alertproof.offline import TestResult, run_file
from alertproof.verdict import Verdict

Run = Callable[..., TestResult]
EXAMPLE = Path(__file__).parent / "examples" / "downtimes-and-rules.alert.yaml"
MESSAGE = "{{#is_alert}}bad @slack-a{{/is_alert}}{{#is_recovery}}good @slack-a{{/is_recovery}}"
MUTED = "{from: 5m, until: 30m}"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a test of a monitor on depths by cluster and host, which are bad in minutes 10 to 20."""

    def one(rest: str, *, notify_by: tuple[str, ...] = ()) -> TestResult:
        payload = {
            "id": 7,
            "name": "Depth",
            "type": "query alert",
            "query": "avg(last_1m):avg:depth{env:prod} by {cluster,host} > 5",
            "message": MESSAGE,
            "tags": ["team:a"],
            "options": {"thresholds": {"critical": 5}, "new_group_delay": 0, "notify_by": list(notify_by)},
        }
        (tmp_path / "depth.json").write_text(json.dumps(payload))
        series = ", ".join(
            f"{{series: 'depth{{env:prod,cluster:c,host:{host}}}', type: gauge, values: 0x9 9x9 0x19}}" for host in "xy"
        )
        path = tmp_path / "depth.alert.yaml"
        path.write_text(
            f"monitors: [depth.json]\ntests:\n- {{name: t, interval: 1m, input_series: [{series}], {rest}}}\n"
        )
        (result,) = run_file(path)
        return result

    return one


def told(result: TestResult) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(each.transition, each.at.minute, each.handles) for each in result.notifications]


def test_the_example_of_the_page_passes_and_is_the_pages() -> None:
    results = run_file(EXAMPLE)

    assert [result.verdict for result in results] == [Verdict.PASSED] * 3
    page = (Path(__file__).parents[2] / "docs" / "offline-tests.md").read_text(encoding="utf-8")
    assert EXAMPLE.read_text(encoding="utf-8").split("tests:\n")[1].rstrip() in page


@pytest.mark.parametrize(
    ("downtimes", "notifications"),
    [
        ("[]", 4),
        (f"[{MUTED}]", 0),
        ("[{from: 11m, until: 30m, scope: 'host:x'}]", 2),
        ("[{from: 11m, until: 30m, scope: 'host:x'}, {from: 11m, until: 30m, scope: 'host:y'}]", 0),
        ("[{from: 5m, until: 15m}]", 4),
        ("[{from: 5m, until: 15m, notify_end_types: [canceled]}]", 2),
        ("[{from: 5m}]", 0),
        ("[{from: 5m, monitor_id: 7}]", 0),
        ("[{from: 5m, monitor_tags: ['team:a']}]", 0),
        ("[{from: 20m, until: 30m}]", 4),
        ("[{from: 20m, until: 30m, mute_first_recovery_notification: true}]", 2),
    ],
)
def test_a_downtime_mutes_what_it_is_about_while_it_lasts(downtimes: str, notifications: int, run: Run) -> None:
    result = run(f"downtimes: {downtimes}, expect: [{{monitor: depth, at: 15m, state: Alert}}]")

    assert result.verdict is Verdict.PASSED, result.reason
    assert len(result.notifications) == notifications


def test_the_apis_own_downtimes_and_rules_are_read_from_files(tmp_path: Path, run: Run) -> None:
    identifier = {"monitor_identifier": {"monitor_tags": ["*"]}, "scope": "env:prod"}
    schedule = {"start": "2024-01-01T00:05:00+00:00", "end": "2024-01-01T00:30:00+00:00"}
    downtime = {"id": "d", "type": "downtime", "attributes": {**identifier, "schedule": schedule}}
    (tmp_path / "downtimes").mkdir()
    (tmp_path / "downtimes" / "one.json").write_text(json.dumps({"data": [downtime]}))
    rule = {"name": "all", "filter": {"tags": ["team:a"]}, "recipients": ["slack-b"]}
    (tmp_path / "rule.json").write_text(json.dumps({"data": {"attributes": rule}}))
    expect = "expect: [{monitor: depth, at: 15m, state: Alert}]"

    assert told(run(f"downtimes: ['downtimes/*.json'], {expect}")) == []
    assert all("slack-b" in handles for _, _, handles in told(run(f"rules: [rule.json], {expect}")))


def test_nothing_else_lets_a_muted_transition_pass_and_no_other(run: Run) -> None:
    expect = "expect: [{monitor: depth, at: 15m, state: Alert}], nothing_else: true"

    assert run(f"downtimes: [{MUTED}], {expect}").verdict is Verdict.PASSED
    assert run(f"downtimes: [{{from: 5m, until: 20m}}], {expect}").verdict is Verdict.FAILED


@pytest.mark.parametrize("scope", ["env:stage", "host:z"])
def test_a_downtime_that_mutes_nothing_breaks_its_test(scope: str, run: Run) -> None:
    result = run(f"downtimes: [{{from: 5m, scope: '{scope}'}}], expect: [{{monitor: depth, at: 15m, state: Alert}}]")

    assert result.verdict is Verdict.BROKEN
    assert "depth.alert.yaml:3 mutes no group of depth" in result.reason


@pytest.mark.parametrize("content", ["[]", '{"data": []}'])
@pytest.mark.parametrize("key", ["downtimes", "rules"])
def test_files_without_any_downtime_or_rule_are_broken(key: str, content: str, tmp_path: Path, run: Run) -> None:
    (tmp_path / "none.json").write_text(content)

    with pytest.raises(Broken, match=r"depth.alert.yaml:3: there is nothing in 'none.json' but empty lists"):
        run(f"{key}: [none.json], nothing_else: true")


def test_a_file_of_downtimes_that_is_nested_absurdly_is_refused(tmp_path: Path, run: Run) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000)

    with pytest.raises(ConfigError, match=r"deep.json: nested too deep"):
        run("downtimes: [deep.json], nothing_else: true")


def test_groups_that_are_told_of_together_are_one_notification_and_nothing_else(run: Run) -> None:
    wanted = "notified: [{monitor: depth, transition: Triggered, between: [11m, 11m], group: {cluster: c}}, {monitor: depth, transition: Recovered, between: [21m, 21m]}], nothing_else: true"  # noqa: E501 - as it would be written

    assert len(run(wanted, notify_by=("cluster",)).notifications) == 2
    assert run(wanted, notify_by=("cluster",)).verdict is Verdict.PASSED
    assert run(wanted).verdict is Verdict.FAILED


def test_a_missed_notification_of_a_cluster_draws_its_groups(run: Run) -> None:
    wanted = "notified: [{monitor: depth, transition: Triggered, between: [12m, 12m]}]"
    drawn = run(wanted, notify_by=("cluster",)).drawn

    assert "Triggered {cluster:c} came at 11m: 1m early" in drawn
    assert "\ndepth {cluster:c,host:x}  " in drawn
    assert drawn.count("told │           T") == 2


def test_a_downtime_is_drawn_beside_what_it_muted(run: Run) -> None:
    wanted = "notified: [{monitor: depth, transition: Triggered, between: [11m, 11m], group: {cluster: c, host: x}}]"
    result = run(f"downtimes: [{MUTED}], {wanted}")

    assert "nothing was told, though it went to Alert" in result.drawn
    assert f"muted │     {'░' * 25}\n" in result.drawn


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("downtimes: [{until: 5m}]", "the key 'from' is missing"),
        ("downtimes: [{from: 5m, until: 5m}]", "a downtime ends after it begins"),
        ("downtimes: [{from: 5m, to: 6m}]", "unknown key 'to'"),
        ("downtimes: [{from: 5m, recurrence: FREQ=DAILY}]", "a downtime that recurs needs an end"),
        ("downtimes: [{from: 5m, timezone: UTC}]", "a time zone is of a recurrence"),
        ("downtimes: [{from: 5m, until: 6m, recurrence: FREQ=HOURLY}]", "FREQ=HOURLY is not modelled"),
        ("downtimes: [{from: 5m, scope: '((', until: 6m}]", "depth.alert.yaml:3"),
        ("downtimes: [{from: 5m, notify_end_states: [bad]}]", "'bad'"),
        ("rules: [{name: a, filter: {tags: ['a:b']}}]", "recipients or conditional_recipients"),
        ("rules: [{name: a, recipients: [b]}]", "the key 'filter' is missing"),
        ("rules: [{name: a, filter: {tags: ['a:b']}, recipients: ['@b']}]", "must not start with '@'"),
        ("rules: [depth.alert.yaml]", "not JSON"),
    ],
)
def test_what_is_no_downtime_and_no_rule_is_refused(rest: str, said: str, run: Run) -> None:
    with pytest.raises((ConfigError, NotModelled), match="depth.alert.yaml") as caught:
        run(f"{rest}, nothing_else: true")
    assert said in str(caught.value)
