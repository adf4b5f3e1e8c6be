"""Writes the same alerts and series twice: for ``promtool test rules`` and for ``alertproof monitors test``."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

__all__ = ["Workload"]

_WINDOW = 5
_BURST = 30


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Ratio alerts over windows of five minutes: ``alerts`` of them, each over ``groups`` of two series.

    Every group has a hundred requests a minute and one burst of errors of half an hour at a random time.
    """

    alerts: int
    groups: int
    minutes: int
    seed: int = 1

    @cached_property
    def bursts(self) -> list[list[int]]:
        """Return the minute in which each alert's groups begin to fail."""
        chance = random.Random(self.seed)
        last = self.minutes - 2 * _BURST
        return [[chance.randrange(10, last) for _ in range(self.groups)] for _ in range(self.alerts)]

    def is_firing(self, begin: int, minute: int) -> bool:
        """Say by hand whether the five minutes before ``minute`` hold more than two percent of errors."""
        inside = sum(begin <= each < begin + _BURST for each in range(max(0, minute - _WINDOW), minute))
        return 5 * inside > 0.02 * 100 * min(minute, _WINDOW)

    def write_ours(self, folder: Path) -> Path:
        """Write monitors and a test with all that happens: every transition of every group, and nothing else."""
        monitors = folder / "monitors"
        monitors.mkdir(parents=True)
        chance = random.Random(self.seed)
        lines = ["monitors: [monitors/*.json]", "tests:", "  - name: peer", "    interval: 1m"]
        lines += ["    nothing_else: true", "    input_series:"]
        expect, notified = ["    expect:"], ["    notified:"]
        for number, begins in enumerate(self.bursts):
            errors, requests = (
                f"sum:{name}.a{number}{{*}} by {{tenant}}.as_count()" for name in ("errors", "requests")
            )
            monitor = {
                "name": f"alert {number} on {{{{tenant.name}}}}",
                "type": "query alert",
                "query": f"sum(last_5m):{errors} / {requests} > 0.02",
                "message": "{{#is_alert}}{{value}} fails @slack-a{{/is_alert}}{{#is_recovery}}@slack-a{{/is_recovery}}",
                "options": {"thresholds": {"critical": 0.02}, "new_group_delay": 0},
            }
            (monitors / f"alert{number}.json").write_text(json.dumps(monitor), encoding="utf-8")
            for group, begin in enumerate(begins):
                tags, label = f"{{tenant:t{group}}}", f"{{tenant: t{group}}}"
                values = f"0x{begin - 1} 5x{_BURST - 1} 0x{self.minutes - begin - _BURST - 1}"
                lines.append(f"      - {{series: 'errors.a{number}{tags}', type: count, values: {values}}}")
                lines.append(
                    f"      - {{series: 'requests.a{number}{tags}', type: count, values: 100x{self.minutes - 1}}}"
                )
                minute = chance.randrange(1, self.minutes + 1)
                state = "Alert" if self.is_firing(begin, minute) else "OK"
                expect.append(f"      - {{monitor: alert{number}, at: {minute}m, state: {state}, group: {label}}}")
                for word, at in self._transitions(begin):
                    notified.append(
                        f"      - {{monitor: alert{number}, to: slack-a, transition: {word},"
                        f" between: [{at}m, {at}m], group: {label}}}"
                    )
        path = folder / "peer.alert.yaml"
        path.write_text("\n".join([*lines, *expect, *notified, ""]), encoding="utf-8")
        return path

    def _transitions(self, begin: int) -> list[tuple[str, int]]:
        around = range(begin, begin + _BURST + _WINDOW + 1)
        fires = next(minute for minute in around if self.is_firing(begin, minute))
        ends = next(minute for minute in around if minute > fires and not self.is_firing(begin, minute))
        return [("Triggered", fires), ("Recovered", ends)]

    def write_peers(self, folder: Path) -> Path:
        """Write rules and a test for promtool, whose sample i is at minute i; ours stands for [i, i+1)."""
        folder.mkdir(parents=True, exist_ok=True)
        chance = random.Random(self.seed)
        rules, series, alerts = [], [], []
        for number, begins in enumerate(self.bursts):
            # Versions before 3 include the window's far end: a second less than five minutes is five samples.
            errors, requests = (
                f"sum by (tenant) (sum_over_time({name}_a{number}[299s]))" for name in ("errors", "requests")
            )
            rules.append(f"  - {{alert: alert{number}, expr: '{errors} / {requests} > 0.02'}}")
            for group, begin in enumerate(begins):
                values = f"_ 0x{begin - 1} 5x{_BURST - 1} 0x{self.minutes - begin - _BURST - 1}"
                series.append(f"  - {{series: 'errors_a{number}{{tenant=\"t{group}\"}}', values: '{values}'}}")
                values = f"_ 100x{self.minutes - 1}"
                series.append(f"  - {{series: 'requests_a{number}{{tenant=\"t{group}\"}}', values: '{values}'}}")
                # All groups of the alert count at an instant: its own is the last, where none fires.
                chance.randrange(1, self.minutes + 1)
            quiet = self.minutes
            alerts.append(f"  - {{eval_time: {quiet}m, alertname: alert{number}, exp_alerts: []}}")
            minute = chance.randrange(1, self.minutes + 1)
            firing = [group for group, begin in enumerate(begins) if self.is_firing(begin, minute)]
            expected = ", ".join(f"{{exp_labels: {{tenant: t{group}}}}}" for group in firing)
            alerts.append(f"  - {{eval_time: {minute}m, alertname: alert{number}, exp_alerts: [{expected}]}}")
        text = ["rule_files: [rules.yaml]", "evaluation_interval: 1m", "tests:", "- interval: 1m"]
        text += ["  input_series:", *series, "  alert_rule_test:", *alerts, ""]
        head = ["groups:", "- name: peer", "  interval: 1m", "  rules:"]
        (folder / "rules.yaml").write_text("\n".join([*head, *rules, ""]), encoding="utf-8")
        path = folder / "peer.yaml"
        path.write_text("\n".join(text), encoding="utf-8")
        return path
