"""What a file asks to leave out is left out, and a request that does nothing is a finding."""

from __future__ import annotations

import json

from alertproof.datadog.loading import load_text
from alertproof.quality.lint import Finding, lint

BAD = {
    "name": "n",
    "type": "query alert",
    "query": "avg(last_5m):avg:a{b:c,!b:c} > 4",
    "message": "{{a.name}} @slack-a",
}


def with_tags(*tags: str) -> tuple[Finding, ...]:
    return lint(load_text(json.dumps(BAD | {"tags": list(tags)}), source="m.json"))


def test_a_tag_leaves_one_kind_of_finding_out_and_no_other() -> None:
    assert [finding.id for finding in with_tags()] == ["dead-scope", "tag-not-grouped"]
    assert [finding.id for finding in with_tags("alertproof:ignore=dead-scope")] == ["tag-not-grouped"]
    assert with_tags("alertproof:ignore=dead-scope", "alertproof:ignore=tag-not-grouped") == ()


def test_a_request_that_ignores_nothing_is_a_finding_at_its_place() -> None:
    (*_, finding) = with_tags("alertproof:ignore=window-too-short")
    assert finding.id == "useless-suppression"
    assert finding.text == "'window-too-short' is ignored, but there is nothing to ignore."
    text = json.dumps(BAD | {"tags": ["alertproof:ignore=window-too-short"]})
    assert text[finding.column - 1 :].startswith('"alertproof:ignore')


def test_a_misspelt_id_is_named_with_the_nearest_one() -> None:
    (*_, finding) = with_tags("alertproof:ignore=dead-scopes")
    assert finding.text == "'dead-scopes' is ignored, but there is no such finding (did you mean 'dead-scope'?)."
    (*_, finding) = with_tags("alertproof:ignore=xyzzy")
    assert finding.text == "'xyzzy' is ignored, but there is no such finding."


def test_a_useless_request_can_be_left_out_too() -> None:
    found = with_tags("alertproof:ignore=window-too-short", "alertproof:ignore=useless-suppression")
    assert [finding.id for finding in found] == ["dead-scope", "tag-not-grouped"]


def test_a_comment_in_terraform_is_for_its_resource_alone() -> None:
    resource = """resource "datadog_monitor" "{name}" {{
  name    = "{name}"
  type    = "query alert"
  query   = "avg(last_5m):avg:a{{b:c,!b:c}} > 4" {comment}
  message = "@slack-a"
}}
"""
    text = resource.format(name="a", comment="# alertproof: ignore dead-scope") + resource.format(name="b", comment="")
    (finding,) = lint(load_text(text, source="m.tf"))
    assert (finding.id, finding.monitor, finding.line) == ("dead-scope", "b", 10)
