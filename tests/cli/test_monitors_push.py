"""``alertproof monitors push`` and ``diff`` on accounts that stand-ins are, read back by the official clients."""

from __future__ import annotations

import json
import re

import pytest
from tests.cli.pushing import Account

ERROR_RATE = "M3CoreCRM API error rate above 2 %"
QUEUE = "M3CoreCRM queue depth above 10,000"
FOREIGN = {"type": "query alert", "query": "avg(last_5m):avg:system.load.1{*} > 9", "message": "mine"}


# -- create, and nothing the second time ---------------------------------------------------------------------


def test_an_empty_account_gets_everything_each_after_what_it_needs(account: Account) -> None:
    said = account.pushed()

    done = [line.split(", id ")[0] for line in said.splitlines() if line.startswith("created ")]
    assert len(done) == account.declared()
    assert f"{account.declared()} to create" in said
    order = [
        "created escalation policy M3CoreCRM",
        "created service m3core-api",
        "created route m3core-api",
        "created SLO api-availability",
        "created monitor M3CoreCRM API availability below 99.9 %",
    ]
    assert [line for line in done if line in order] == order
    slo = account.slos()["api-availability"]
    marks = ["managed_by:alertproof", "alertproof_env:prod", "alertproof_key:api-availability"]
    assert slo["tags"] == ["service:m3core-api", "team:m3core", *marks]
    monitor = account.monitors()["M3CoreCRM API availability below 99.9 %"]
    assert f'burn_rate("{slo["id"]}")' in monitor["query"]
    assert set(marks) <= set(monitor["tags"])


def test_a_second_push_writes_nothing_and_a_diff_finds_nothing(account: Account) -> None:
    account.pushed()
    account.writes()

    assert f"no difference; {account.declared()} as they should be" in account.pushed()
    done = account.run("diff")
    assert (done.returncode, "no difference" in done.stdout) == (0, True)
    assert account.steps() == {}
    assert account.writes() == []


def test_a_diff_only_reads_so_that_keys_that_only_read_will_do(account: Account) -> None:
    account.datadog.turn(path="/api", method="POST", status=403)
    account.pagerduty.turn(path="/", method="POST", status=403)

    done = account.run("diff")
    assert (done.returncode, done.stdout.count("+ create ")) == (1, account.declared())
    assert account.writes() == []


def test_a_page_reaches_the_service_by_the_route_that_was_made(account: Account) -> None:
    account.pushed()

    with account.people() as client:
        found = client.find("services", "m3core-api")
        assert found is not None
        service = client.rget(f"services/{found['id']}", params={"include[]": "integrations"})
    assert service["description"].startswith("Paged at once: customers are affected.\n")
    (integration,) = service["integrations"]
    assert integration["integration_key"]


def test_all_of_monitoring_is_pushed_with_the_parts_of_a_composite_before_it(account: Account) -> None:
    account.copy_everything()
    files = sorted(account.file("monitors", "x").parent.glob("*.json"))

    said = account.pushed()

    done = [line.split(", id ")[0].removeprefix("created monitor ") for line in said.splitlines()]
    made = account.monitors()
    assert len(made) == len(files)
    composites = [row for row in made.values() if str(row["type"]) == "composite"]
    assert len(composites) >= 4
    names = {str(row["id"]): name for name, row in made.items()}
    for row in composites:
        parts = [names[part] for part in re.findall(r"\d+", row["query"])]
        assert len(parts) == 2
        assert max(done.index(part) for part in parts) < done.index(row["name"])
    assert account.steps() == {}


# -- update --------------------------------------------------------------------------------------------------


def test_a_changed_file_is_said_field_by_field_and_nothing_else_is_written(account: Account) -> None:
    account.pushed()
    account.writes()
    query = json.loads(account.file("monitors", "queue-depth").read_text(encoding="utf-8"))["query"]
    account.edit("queue-depth", query=query.replace("10000", "20000"), options={"thresholds": {"critical": 20000}})

    done = account.run("diff")
    assert done.returncode == 1
    assert f"~ update monitor {QUEUE} (monitoring/datadog/monitors/queue-depth.json:1)" in done.stdout
    assert "    thresholds.critical: 10000 -> 20000" in done.stdout
    assert '    query: "min(last_5m):max:queue.depth{env:prod} > 10000" -> ' in done.stdout
    assert f"1 to update; {account.declared() - 1} as they should be" in done.stdout
    before = account.monitors()[QUEUE]["id"]
    assert f"updated monitor {QUEUE}, id {before}" in account.pushed()
    assert account.writes() == [f"POST /api/v1/monitor/{before}/validate", f"PUT /api/v1/monitor/{before}"]
    assert account.monitors()[QUEUE]["options"]["thresholds"] == {"critical": 20000.0}
    assert account.steps() == {}


def test_what_somebody_changed_in_the_account_is_seen_and_put_back(account: Account) -> None:
    account.pushed()
    kept = account.monitors()[ERROR_RATE]
    options = {**kept["options"], "renotify_interval": 60, "include_tags": False, "evaluation_delay": 300}
    account.change(kept["id"], name="renamed", message="hello", options=options, tags=[*kept["tags"], "mine"])

    step = account.steps()["monitor", "api-error-rate"]
    found = {one["field"]: (one["from"], one["to"]) for one in step["changes"]}
    assert found["name"] == ("renamed", ERROR_RATE)
    # The file says 0 and true, which are the server's own.
    assert found["options.renotify_interval"] == (60, None)
    assert found["options.include_tags"] == (False, None)
    assert found["options.evaluation_delay"] == (300, None)
    assert set(found) == {
        "name",
        "message",
        "tags",
        "options.renotify_interval",
        "options.include_tags",
        "options.evaluation_delay",
    }
    assert '    tags: takes away "mine"' in account.run("diff").stdout
    account.pushed()
    assert account.steps() == {}
    assert account.monitors()[ERROR_RATE]["options"]["evaluation_delay"] in (None, 0)


def test_an_slo_is_updated_in_its_place(account: Account) -> None:
    account.pushed()
    before = account.slos()["api-availability"]["id"]
    account.edit("api-availability", kind="slos", thresholds=[{"timeframe": "30d", "target": 99.5, "warning": 99.9}])

    assert set(account.steps()) == {("SLO", "api-availability")}
    account.pushed()
    after = account.slos()["api-availability"]
    assert (after["id"], after["thresholds"][0]["target"]) == (before, 99.5)
    assert account.steps() == {}


def test_another_type_is_held_for_it_cannot_be_changed(account: Account) -> None:
    account.pushed()
    account.edit("queue-depth", type="log alert", query='logs("x env:prod").index("*").rollup("count").last("5m") > 1')
    account.writes()

    done = account.push()
    assert (done.returncode, account.writes()) == (1, [])
    assert "! held monitor" in done.stdout
    assert "cannot be changed" in done.stdout


# -- what is not ours ----------------------------------------------------------------------------------------


def test_monitors_of_others_are_neither_shown_nor_touched(account: Account) -> None:
    identity = account.create(name="theirs", tags=["managed_by:terraform"], **FOREIGN)
    before = account.monitors()["theirs"]
    said = account.pushed("--delete")

    assert "theirs" not in said
    after = account.monitors()["theirs"]
    assert (after["id"], after["modified"]) == (identity, before["modified"])


def test_a_namesake_is_held_and_the_rest_is_done(account: Account) -> None:
    identity = account.create(name=QUEUE, tags=[], **FOREIGN)
    done = account.push()

    assert done.returncode == 1
    assert f"not ours ({identity}); take it over with --adopt 'M3CoreCRM queue depth above 10,000'" in done.stdout
    monitors = account.monitors()
    assert (len(monitors), monitors[QUEUE]["message"]) == (5, "mine")
    assert set(account.steps()) == {("monitor", "queue-depth")}


def test_a_namesake_is_adopted_when_told_and_is_then_ours(account: Account) -> None:
    identity = account.create(name=QUEUE, tags=["old"], **FOREIGN)
    said = account.pushed("--adopt", QUEUE)

    assert f"adopted monitor {QUEUE}, id {identity}" in said
    kept = account.monitors()[QUEUE]
    assert (kept["id"], "alertproof_key:queue-depth" in kept["tags"]) == (identity, True)
    assert "> 10000" in kept["query"]
    assert "no difference" in account.pushed("--adopt", QUEUE)


def test_of_two_namesakes_one_is_adopted_by_its_id(account: Account) -> None:
    first = account.create(name=QUEUE, tags=["one"], **FOREIGN)
    second = account.create(name=QUEUE, tags=["two"], **FOREIGN)
    assert account.steps("--adopt", QUEUE)["monitor", "queue-depth"]["action"] == "held"
    assert f"--adopt with the id of one ({first}, {second})" in account.run("diff").stdout

    step = account.steps("--adopt", str(second))["monitor", "queue-depth"]
    assert (step["action"], step["id"]) == ("adopt", str(second))


def test_adopting_what_nobody_declares_is_usage(account: Account) -> None:
    done = account.run("diff", "--adopt", "M3CoreCRM queue depht")
    assert done.returncode == 2
    assert f"did you mean {QUEUE!r}" in done.stderr


def test_a_copy_carries_our_key_and_so_nothing_is_done_until_it_is_gone(account: Account) -> None:
    account.pushed()
    kept = account.monitors()[QUEUE]
    body = {name: kept[name] for name in ("type", "query", "message", "tags")}
    copy = account.create(name=f"{QUEUE} (copy)", **body)

    step = account.steps("--delete")["monitor", "queue-depth"]
    assert (step["action"], str(copy) in step["reason"]) == ("held", True)


def test_another_environment_and_a_drill_are_kept_beside(account: Account) -> None:
    account.pushed()
    drill = ["managed_by:alertproof", "managed_env:prod"]
    account.create(name="a drill's", tags=drill, **FOREIGN)
    account.say_stack(DD_API_KEY="k", DD_APP_KEY="a", DD_ENV="staging", PAGERDUTY_API_TOKEN="t")
    assert {kind for kind, _ in account.steps("--delete")} == {"SLO", "monitor", "dashboard"}
    done = account.push("--delete")
    assert (done.returncode, done.stdout.count("\ncreated ")) == (0, account.declared("datadog"))

    assert account.steps("--delete") == {}
    with account.client() as client:
        answer = client.rest_client.request(
            "GET", f"{account.datadog.api}/api/v1/monitor", headers={"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}
        )
    queries = [row["query"] for row in json.loads(answer.data) if row["name"] == QUEUE]
    assert sorted(queries) == [
        "min(last_5m):max:queue.depth{env:prod} > 10000",
        "min(last_5m):max:queue.depth{env:staging} > 10000",
    ]


# -- delete --------------------------------------------------------------------------------------------------


def test_what_has_no_file_any_more_is_deleted_only_when_told(account: Account) -> None:
    account.pushed()
    account.file("monitors", "api-availability").unlink()
    account.file("slos", "api-availability").unlink()
    spec = account.folder / "monitoring" / "spec.yaml"
    text = spec.read_text(encoding="utf-8")
    start, end = text.index("  api-availability:"), text.index("  queue-depth:")
    spec.write_text(text[:start] + text[end:], encoding="utf-8")
    account.file("dashboards", "slo").unlink()  # it shows the SLO

    assert "3 of ours have no file any more; --delete deletes them" in account.pushed()
    assert (len(account.monitors()), len(account.slos())) == (5, 1)
    said = account.pushed("--delete")
    assert said.index("deleted monitor M3CoreCRM API availability") < said.index("deleted SLO api-availability")
    assert (len(account.monitors()), len(account.slos())) == (4, 0)
    assert account.steps("--delete") == {}


# -- refused -------------------------------------------------------------------------------------------------


def test_where_one_monitor_is_refused_nothing_at_all_is_changed(account: Account) -> None:
    account.edit("queue-depth", options={"thresholds": {"critical": 5}})
    done = account.push()

    assert done.returncode == 2
    line = next(line for line in done.stderr.splitlines() if "refused" in line)
    text = account.file("monitors", "queue-depth").read_text(encoding="utf-8").splitlines()
    place = line.split(": refused: ")[0].removeprefix("alertproof: monitoring/datadog/monitors/queue-depth.json:")
    assert any(word in text[int(place) - 1] for word in ("thresholds", "query"))
    assert "nothing was changed" in done.stderr
    assert {each for each in account.writes() if not each.endswith("/validate")} == set()


def test_what_needs_what_is_not_there_yet_is_asked_for_once_it_is(account: Account) -> None:
    account.edit(
        "api-availability", query='burn_rate("api-availability").over("7d").long_window("1h").short_window("5m") > 14.4'
    )
    done = account.push()

    assert done.returncode == 1
    assert "created SLO api-availability" in done.stdout
    assert "not created: monitor M3CoreCRM API availability" in done.stderr
    assert "monitoring/datadog/monitors/api-availability.json:" in done.stderr
    assert "not begun" in done.stderr


# -- asking --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "code", "there"), [("y\n", 0, 5), ("n\n", 1, 0), ("", 2, 0)])
def test_nothing_is_changed_before_somebody_has_agreed(account: Account, answer: str, code: int, there: int) -> None:
    done = account.run("push", answer=answer)
    assert (done.returncode, len(account.monitors())) == (code, there)
    if code == 2:
        assert "--yes" in done.stderr


def test_for_machines_each_outcome_is_a_line_of_json(account: Account) -> None:
    rows = [json.loads(line) for line in account.pushed("--json").splitlines()]
    assert (len(rows), sum(row.get("done") is True for row in rows)) == (2 * account.declared(), account.declared())
    assert all(row["id"] for row in rows if row.get("done"))
