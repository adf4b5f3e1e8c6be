"""Pushes that go wrong: refused, throttled, cut off, killed, overtaken by somebody else, and not allowed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.cli.pushing import Account

from alertproof.clock import SystemClock, wait_until

ERROR_RATE = "M3CoreCRM API error rate above 2 %"
QUEUE = "M3CoreCRM queue depth above 10,000"


def seen(look: Callable[[], object]) -> None:
    """Wait until something is so."""
    clock = SystemClock()
    deadline = clock.now() + timedelta(seconds=30)
    assert wait_until(lambda: look() or None, clock=clock, deadline=deadline, every=timedelta(seconds=0.05))


# -- keys, rates, networks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403])
def test_keys_that_are_refused_are_said_to_be(account: Account, status: int) -> None:
    account.datadog.turn(path="/api/v1/monitor", status=status)
    done = account.run("diff")
    assert done.returncode == 6
    assert f"Datadog refused to list the monitors: {status}" in done.stderr
    assert "look at DD_API_KEY, DD_APP_KEY" in done.stderr


def test_pagerdutys_token_that_is_refused_is_said_to_be(account: Account) -> None:
    account.pagerduty.turn(path="/users", status=401)
    done = account.run("diff")
    assert done.returncode == 6
    assert "PagerDuty refused to list the users: 401" in done.stderr
    assert "PAGERDUTY_API_TOKEN" in done.stderr


def test_who_may_only_read_is_told_so_before_anything_is_changed(account: Account) -> None:
    account.datadog.turn(path="/api", method="POST", status=403)
    done = account.push()
    assert (done.returncode, account.slos(), account.monitors()) == (6, {}, {})
    assert "403" in done.stderr


def test_requests_that_are_too_many_are_sent_again_and_done_once(account: Account) -> None:
    account.datadog.turn(path="/api/v1/monitor", status=429, retry_after_s=1, times=2)
    account.datadog.turn(path="/api/v1/monitor", method="POST", status=429, retry_after_s=1, times=3)
    account.pagerduty.turn(path="/services", status=429, retry_after_s=1, times=1)
    account.pushed()
    assert account.datadog.taken() == [2, 3]
    assert len(account.monitors()) == 5


def test_a_rate_that_stays_too_high_ends_it_with_when_to_come_back(account: Account) -> None:
    account.datadog.turn(path="/api/v1/monitor", status=429, retry_after_s=1)
    done = account.run("diff")
    assert (done.returncode, account.datadog.taken()) == (3, [4])
    assert "too many requests (429); try again in 1 seconds" in done.stderr


@pytest.mark.parametrize(
    ("vendor", "address"), [("datadog", "http://127.0.0.1:9"), ("pagerduty", "https://127.0.0.1:9")]
)
def test_an_account_that_does_not_answer_is_named(account: Account, vendor: str, address: str) -> None:
    line = json.loads((account.folder / "stack.json").read_text(encoding="utf-8"))
    line["endpoints"][vendor] = address
    (account.folder / "stack.json").write_text(json.dumps(line), encoding="utf-8")
    done = account.run("diff")
    assert done.returncode == 3
    assert address in done.stderr
    assert "did not answer" in done.stderr


# -- on the way ----------------------------------------------------------------------------------------------


def test_what_fails_on_the_way_is_said_with_what_was_done_and_what_was_not(account: Account) -> None:
    account.datadog.turn(path="/api/v1/slo", method="POST", status=500)
    done = account.push()
    assert done.returncode == 1
    assert "created service m3core-api" in done.stdout
    assert "not created: SLO api-availability: Datadog could not do it" in done.stderr
    assert f"not created: monitor {QUEUE}: not begun" in done.stderr
    assert account.datadog.taken() == [1], "a write without an answer is not sent again"
    assert account.monitors() == {}

    account.datadog.quiet()
    datadog = account.declared("datadog")
    assert f"{datadog} to create; {account.declared() - datadog} as they should be" in account.pushed()
    assert account.steps() == {}


@pytest.mark.parametrize(("vendor", "path"), [("datadog", "/api/v1/monitor"), ("pagerduty", "/services")])
def test_a_push_that_is_killed_goes_on_the_next_time_with_nothing_twice(
    account: Account, vendor: str, path: str
) -> None:
    knobs = getattr(account, vendor)
    # Every second is held up, so that the kill falls into one that is under way.
    knobs.turn(path=path, method="POST", delay_s=3, every=2)
    with subprocess.Popen(account.command("push", "--yes"), cwd=account.folder, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        wanted = b"created monitor" if vendor == "datadog" else b"created service"
        while not process.stdout.readline().startswith(wanted):
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    time.sleep(4)
    knobs.quiet()
    account.pushed()
    assert (len(account.monitors()), len(account.slos())) == (5, 1)
    with account.people() as client:
        assert len(list(client.iter_all("services"))) == 2
    assert account.steps("--delete") == {}


# -- somebody else -------------------------------------------------------------------------------------------


def test_what_changes_while_somebody_reads_the_plan_stops_it(account: Account) -> None:
    account.pushed()
    account.edit("queue-depth", message="new\n@pagerduty-m3core-operations")
    with subprocess.Popen(
        account.command("push"),
        cwd=account.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while "to update" not in process.stdout.readline():
            assert process.poll() is None
        kept = account.monitors()[ERROR_RATE]
        account.change(kept["id"], message="somebody was here")
        _, errors = process.communicate("y\n", timeout=60)
    assert process.returncode == 1
    assert "has changed since the plan was made: nothing was changed" in errors
    assert account.monitors()[QUEUE]["message"] != "new\n@pagerduty-m3core-operations"


def test_what_changes_while_the_plan_is_carried_out_is_left_as_it_is(account: Account) -> None:
    account.pushed()
    account.edit("api-error-rate", priority=2)
    account.edit("queue-depth", priority=4)
    kept = account.monitors()
    first, second = kept[ERROR_RATE]["id"], kept[QUEUE]["id"]
    account.datadog.turn(path=f"/api/v1/monitor/{first}", method="PUT", delay_s=3, times=1)
    with subprocess.Popen(
        account.command("push", "--yes"), cwd=account.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        seen(lambda: account.datadog.taken() == [1])
        account.change(second, message="somebody was here")
        said, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"updated monitor {ERROR_RATE}" in said
    assert f"somebody changed message of {second} meanwhile" in errors
    now = account.monitors()[QUEUE]
    assert (now["message"], now["priority"]) == ("somebody was here", 3)


def test_two_pushes_at_once_end_in_one_account_that_is_as_it_should_be_or_say_why_not(account: Account) -> None:
    account.pushed()
    account.edit("queue-depth", priority=5)
    commands = [account.command("push", "--yes") for _ in range(2)]
    processes = [
        subprocess.Popen(each, cwd=account.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for each in commands
    ]
    ended = [(process.communicate(timeout=60), process.returncode) for process in processes]
    assert {code for _, code in ended} <= {0, 1}
    assert 0 in {code for _, code in ended}
    assert account.steps() == {}


# -- what a target allows ------------------------------------------------------------------------------------


def elsewhere(account: Account, allow: str = "") -> None:
    """Declare a platform elsewhere, with production's name."""
    text = f'[targets.production]\nurl = "https://crm.example"\n{allow}'
    (account.folder / "alertproof.toml").write_text(text, encoding="utf-8")


def keys(account: Account, **more: str) -> dict[str, str]:
    pagerduty = {"PAGERDUTY_API_TOKEN": "t", "PAGERDUTY_API_HOST": account.pagerduty.api}
    there = {"DD_API_KEY": "secret-api-key", "DD_APP_KEY": "secret-app-key", "DD_SITE": account.datadog.api}
    return {**there, **pagerduty, "PAGERDUTY_CA_FILE": str(account.ca_file), **more}


def test_production_is_not_touched_unasked(account: Account) -> None:
    elsewhere(account)
    account.writes()
    done = account.run("push", "--yes", target="production", env=keys(account))
    assert done.returncode == 2
    assert "target 'production' does not allow 'monitors'" in done.stderr
    assert "allow = ['read', 'monitors']" in done.stderr
    assert account.writes() == []
    done = account.run("diff", target="production", env=keys(account))
    assert (done.returncode, f"{account.declared()} to create" in done.stdout) == (1, True)


def test_an_account_elsewhere_is_that_of_the_environment_and_its_keys_are_never_shown(account: Account) -> None:
    elsewhere(account, 'allow = ["read", "monitors"]\n')
    done = account.run("push", "--yes", target="production", env=keys(account))
    assert done.returncode == 0, done.stderr
    assert ("env:prod" in done.stdout, len(account.monitors())) == (True, 5)
    assert "secret" not in done.stdout + done.stderr
    account.datadog.turn(path="/api/v1/monitor", status=403)
    done = account.run("diff", target="production", env=keys(account))
    assert "secret" not in done.stdout + done.stderr


def test_without_a_key_it_is_said_which(account: Account) -> None:
    elsewhere(account, 'allow = ["read", "monitors"]\n')
    done = account.run("diff", target="production", env=keys(account, DD_APP_KEY="", DATADOG_APP_KEY=""))
    assert done.returncode == 2
    assert "target 'production': DD_APP_KEY is missing" in done.stderr


def test_without_pagerdutys_token_its_part_is_left_out_and_said(account: Account) -> None:
    account.say_stack(DD_API_KEY="k", DD_APP_KEY="a", DD_ENV="prod")
    said = account.pushed()
    assert "left out: monitoring/pagerduty: PAGERDUTY_API_TOKEN is not set" in said
    assert f"{account.declared('datadog')} to create" in said


# -- files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{\n  nothing", "queue-depth.json:2:3: not JSON"),
        ("[]", "queue-depth.json: one thing a file"),
        ('{"name": "x"}', "queue-depth.json:1: it has no type"),
        ('{"name": "x", "type": "query alert"}', "queue-depth.json:1: it has no query"),
    ],
)
def test_a_file_that_is_no_monitor_is_said_where(account: Account, text: str, said: str) -> None:
    account.file("monitors", "queue-depth").write_text(text, encoding="utf-8")
    done = account.run("diff")
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_a_name_that_can_be_no_tag_is_refused(account: Account) -> None:
    account.file("monitors", "queue-depth").with_stem("Queue Depth").write_text(
        account.file("monitors", "queue-depth").read_text(encoding="utf-8"), encoding="utf-8"
    )
    done = account.run("diff")
    assert (done.returncode, "Queue Depth.json: its name becomes the tag" in done.stderr) == (2, True)


def test_a_folder_with_nothing_in_it_deletes_nothing(account: Account) -> None:
    account.pushed()
    other = account.folder / "other"
    (other / "datadog").mkdir(parents=True)
    spec = (account.folder / "monitoring" / "spec.yaml").read_text(encoding="utf-8")
    head = spec[: spec.index("alerts:")]
    (other / "spec.yaml").write_text(head, encoding="utf-8")
    done = account.run("push", "--yes", "--delete", "--monitoring", "other")
    assert (done.returncode, len(account.monitors())) == (2, 5)


def test_what_is_not_compared_yet_is_said(account: Account) -> None:
    (account.folder / "monitoring" / "datadog" / "notebooks").mkdir()
    (account.folder / "monitoring" / "sentry").mkdir(exist_ok=True)
    said = account.run("diff").stdout
    assert "left out: monitoring/datadog/notebooks" in said
    assert "left out: monitoring/sentry" in said
    pagerduty = [line for line in said.splitlines() if line.startswith("left out: monitoring/pagerduty")]
    assert pagerduty == ["left out: monitoring/pagerduty/webhooks: M3CORE_WEBHOOKS_URL is not set"]
    done = account.run("diff", "--json")
    assert "left out: monitoring/datadog/notebooks" in done.stderr
    assert all(json.loads(line) for line in done.stdout.splitlines())


# -- PagerDuty and references --------------------------------------------------------------------------------


def change_people(account: Account, change: Callable[[Any], object]) -> None:
    path = account.folder / "monitoring" / "pagerduty" / "services.json"
    body = json.loads(path.read_text(encoding="utf-8"))
    change(body)
    path.write_text(json.dumps(body, indent=1), encoding="utf-8")


def test_a_service_that_was_switched_off_is_seen_and_on_again(account: Account) -> None:
    account.pushed()
    with account.people() as client:
        service = client.find("services", "m3core-api")
        assert service is not None
        client.rput(f"services/{service['id']}", json={"type": "service", "status": "disabled"})
        assert account.steps()["service", "m3core-api"]["changes"] == [
            {"field": "status", "from": "disabled", "to": "active"}
        ]
        account.pushed()
        assert client.rget(f"services/{service['id']}")["status"] == "active"


def test_an_escalation_policy_is_updated_in_its_place_and_a_new_user_before_it(account: Account) -> None:
    account.pushed()

    def change(body: Any) -> None:
        body["users"].append({"name": "Third", "email": "third@m3core.example"})
        body["escalation_policies"][0]["escalation_rules"][1]["targets"] = ["third@m3core.example"]

    change_people(account, change)
    said = account.pushed()
    assert said.index("created user third@m3core.example") < said.index("updated escalation policy M3CoreCRM")
    assert account.steps() == {}


def test_a_service_of_somebody_else_is_used_where_it_says_the_same_and_held_where_not(account: Account) -> None:
    account.pushed()
    with account.people() as client:
        service = client.find("services", "m3core-api")
        assert service is not None
        plain = {"type": "service", "description": "Paged at once: customers are affected."}
        client.rput(f"services/{service['id']}", json=plain)
        assert account.steps() == {}
        assert "used as they are, though not ours: service m3core-api" in account.run("diff").stdout

        client.rput(f"services/{service['id']}", json={"type": "service", "description": "Theirs."})
        account.edit("queue-depth", priority=4)
        done = account.push()
        assert (done.returncode, f"updated monitor {QUEUE}" in done.stdout) == (1, True)
        assert client.rget(f"services/{service['id']}")["description"] == "Theirs."
        account.pushed("--adopt", "m3core-api")
        assert "alertproof_key:m3core-api" in client.rget(f"services/{service['id']}")["description"]


def test_what_somebody_else_has_of_a_name_is_what_ours_refer_to_but_where_there_is_one_of_ours(
    account: Account,
) -> None:
    rule = {"escalation_delay_in_minutes": 15, "targets": [{"id": "", "type": "user_reference"}]}
    slo = json.loads(account.file("slos", "api-availability").read_text(encoding="utf-8"))
    with account.people() as client:
        user = client.rpost("users", json={"type": "user", "name": "x", "email": "ON-CALL-first@m3core.example"})
        rule["targets"] = [{"id": user["id"], "type": "user_reference"}]
        policy = client.rpost(
            "escalation_policies", json={"type": "escalation_policy", "name": "M3CoreCRM", "escalation_rules": [rule]}
        )
        assert account.push().returncode == 1
        service = client.find("services", "m3core-api")
        assert service is not None
        assert service["escalation_policy"]["id"] == policy["id"]
        assert len(list(client.iter_all("users"))) == 2
    ours = account.slos()["api-availability"]["id"]
    account.create_slo(slo)
    assert {key for key in account.steps() if key[0] != "escalation policy"} == set()
    account.edit("api-availability", priority=2)
    account.push()
    assert f'"{ours}"' in account.monitors()["M3CoreCRM API availability below 99.9 %"]["query"]


def test_an_slo_of_monitors_comes_after_them(account: Account) -> None:
    account.edit("queue-depth", id=101)
    slo = {"name": "quiet", "type": "monitor", "monitor_ids": [101], "thresholds": [{"timeframe": "7d", "target": 99}]}
    account.file("slos", "a-quiet").write_text(json.dumps(slo), encoding="utf-8")
    said = account.pushed()
    assert said.index(f"created monitor {QUEUE}") < said.index("created SLO quiet")
    assert account.slos()["quiet"]["monitor_ids"] == [account.monitors()[QUEUE]["id"]]
    assert account.steps() == {}


@pytest.mark.parametrize("command", ["diff", "push"])
def test_a_folder_that_is_not_there_is_said_before_a_stack_is_started(tmp_path: Path, command: str) -> None:
    missing = tmp_path / "missing"
    done = subprocess.run(
        [sys.executable, "-m", "alertproof", "monitors", command, "--monitoring", str(missing), "--target", "local"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"alertproof: {missing / 'spec.yaml'}: cannot be read (No such file or directory); check the path\n"
    )
