"""Dashboards, pushed by the command to an account and read back as the files say them."""

from __future__ import annotations

from typing import Any

from alertproof.sync.dashboards import declared_dashboard


def board(**more: Any) -> dict[str, Any]:
    inner = {"definition": {"type": "slo", "slo_id": "api-availability"}}
    group = {"definition": {"type": "group", "layout_type": "ordered", "widgets": [inner]}}
    return {"title": "t", "layout_type": "ordered", "widgets": [group], **more}


def test_a_dashboard_needs_the_slos_that_its_widgets_show_also_inside_of_groups() -> None:
    _, needs = declared_dashboard(board(), frozenset({"api-availability"}), origin="prod", environment="prod")

    assert needs == (("SLO", "api-availability"),)


def test_an_slo_that_no_file_declares_is_taken_for_an_id_of_the_account() -> None:
    _, needs = declared_dashboard(board(), frozenset({"another"}), origin="prod", environment="prod")

    assert needs == ()


def test_of_another_environment_it_shows_that_one_first_and_other_defaults_stay() -> None:
    variables = [{"name": "env", "defaults": ["prod"]}, {"name": "tenant", "defaults": ["*"]}]
    asked = board(template_variables=variables)

    payload, _ = declared_dashboard(asked, frozenset(), origin="prod", environment="staging")

    assert [each["defaults"] for each in payload["template_variables"]] == [["staging"], ["*"]]
    assert asked["template_variables"][0]["defaults"] == ["prod"], "the file's own payload is left alone"
