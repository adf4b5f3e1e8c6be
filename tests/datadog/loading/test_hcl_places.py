"""Where the values of a Terraform file stand."""

from __future__ import annotations

import pytest

from alertproof.datadog.loading import Declared, load_text


def hcl(text: str) -> Declared:
    (found,) = load_text(text, source="monitors.tf")
    return found


@pytest.mark.parametrize(
    ("path", "written"),
    [
        (("name",), '"n ${var.a}"'),
        (("query",), "local.query"),
        (("tags",), '["a:b", var.tag]'),
        (("tags", 0), '"a:b"'),
        (("tags", 1), "var.tag"),
        (("priority",), "3"),
        (("options", "thresholds", "critical"), "-80"),
        (("options", "thresholds", "warning"), "var.w + 1"),
        (("options", "thresholds", "ok"), 'var.w ? "1" : 2'),
        (("options", "thresholds", "unknown"), "max(var.w, 3)"),
        (("options", "renotify_statuses", 1), '"no data"'),
        (("options", "notify_audit"), "true"),
    ],
)
def test_each_value_stands_from_its_first_to_its_last_letter(path: tuple[str | int, ...], written: str) -> None:
    found = hcl(
        """resource "datadog_monitor" "a" {
  name     = "n ${var.a}" # of a
  query    = local.query
  tags     = ["a:b", var.tag]
  priority = 3
  monitor_thresholds {
    critical = -80
    warning  = var.w + 1
    ok       = var.w ? "1" : 2
    unknown  = max(var.w, 3)
  }
  renotify_statuses = ["alert", "no data"]
  notify_audit      = true
}
"""
    )
    extent = found.extents[path]
    assert found.text[extent.start : extent.end] == written
    begins, ends = found.place(path)
    assert found.text.splitlines()[begins.line - 1][begins.column - 1 : ends.column - 1] == written
    assert begins.line == ends.line


def test_a_heredoc_and_a_block_stand_where_they_do() -> None:
    message, thresholds = "<<EOT\n  of {{value}}\nEOT", "monitor_thresholds {\n    critical = 5\n  }"
    block = f'resource "datadog_monitor" "a" {{\n  query = "q"\n  message = {message}\n  {thresholds}\n}}'
    found = hcl(f"# first\n{block}\n\nlocals {{}}\n")
    assert found.text[found.block.start : found.block.end] == block
    extent = found.extents["message",]
    assert found.text[extent.start : extent.end].rstrip() == message
    extent = found.extents["options", "thresholds"]
    assert found.text[extent.start : extent.end] == thresholds


def test_thresholds_that_are_a_map_stand_where_it_does() -> None:
    found = hcl('resource "datadog_monitor" "a" {\n query = "q"\n thresholds = { critical = 5 } # max\n}\n')
    extent = found.extents["options", "thresholds"]
    assert found.text[extent.start : extent.end] == "{ critical = 5 }"
