"""The page of a rule in docs/lint, made from the rule so that neither can say what the other does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alertproof.quality.lint.rule import Example, Rule

__all__ = ["index", "page"]

_LANGUAGE = {"json": "json", "tf": "hcl"}


def page(rule: Rule) -> str:
    """Return the Markdown page of a rule."""
    silence = f"In Terraform write `# alertproof: ignore {rule.id}` in or right above the resource"
    return "\n".join(
        [
            f"# {rule.id}",
            "",
            f"*{rule.level}* · {rule.title}",
            "",
            rule.why.strip(),
            "",
            "## Finds",
            "",
            *_block(rule.bad),
            "",
            "## Is content with",
            "",
            *_block(rule.good),
            "",
            f"{silence}; in JSON add the tag `alertproof:ignore={rule.id}`.",
            "",
        ]
    )


def index(rules: Iterable[Rule]) -> str:
    """Return the Markdown table of all rules, each with a link to its page."""
    rows = [f"| [{rule.id}]({rule.id}.md) | {rule.level} | {rule.title} |" for rule in rules]
    return "\n".join(["| finding | level | what |", "| --- | --- | --- |", *rows, ""])


def _block(example: Example) -> list[str]:
    return [f"```{_LANGUAGE[example.name.rpartition('.')[2]]}", example.text.strip(), "```"]
