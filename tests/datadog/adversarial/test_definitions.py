"""Files of monitors: huge, deep, and of the wrong kinds all through."""

from __future__ import annotations

import json

from tests.datadog.adversarial.conftest import Bounded

QUERY = "avg(last_5m):avg:m{*} > 5"
MONITOR = {
    "type": "query alert",
    "name": "n",
    "message": "m",
    "query": QUERY,
    "options": {"thresholds": {"critical": 5}},
}
RESOURCE = 'resource "datadog_monitor" "d" {\n  name = "n"\n  type = "query alert"\n  query = "q"\n}\n'


def test_many_monitors_in_a_file_take_time_in_proportion(bounded: Bounded) -> None:
    planned = [{"address": str(n), "type": "datadog_monitor", "values": MONITOR} for n in range(5_000)]
    plan = {"terraform_version": "1", "planned_values": {"root_module": {"resources": planned}}}
    texts = [
        "m.json\n" + json.dumps([MONITOR] * 5_000),
        "m.jsonl\n" + "\n".join([json.dumps(MONITOR)] * 5_000),
        "m.json\n" + json.dumps(plan),
        "m.tf\n" + RESOURCE * 300,
        "m.tf\n" + RESOURCE.replace('"n"', '"' + "n" * 1_000_000 + '"'),
    ]
    assert bounded("definitions", texts) == [""] * len(texts)


def test_what_nests_too_deep_is_refused(bounded: Bounded) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    texts = [
        "m.json\n" + deep,
        "m.jsonl\n" + deep,
        'm.json\n{"type": "query alert", "query": "q", "options": ' + deep + "}",
        "m.tf\n" + RESOURCE.replace('"n"', "[" * 3000 + "]" * 3000),
    ]
    assert all("too deep" in said for said in bounded("definitions", texts))


def test_parentheses_and_blocks_nest_as_deep_as_they_like(bounded: Bounded) -> None:
    texts = [
        "m.tf\n" + RESOURCE.replace('"n"', "(" * 3000 + "1" + ")" * 3000),
        "m.tf\n" + "a {\n" * 3000 + "}\n" * 3000,
    ]
    assert bounded("definitions", texts) == ["", ""]
