from __future__ import annotations

import pytest

from alertproof.report.names import parse_name


@pytest.mark.parametrize(
    ("check", "title", "parameters", "module"),
    [
        ("a/test_api.py::test_the_list_answers[acme]", "the list answers", "acme", "a/test_api.py"),
        ("a/test_api.py::TestApi::test_it[a[0]-b]", "it", "a[0]-b", "a/test_api.py"),
        ("a/test_api.py::test_it", "it", "", "a/test_api.py"),
        ("a/test_api.py::test_", "test_", "", "a/test_api.py"),
        ("a/rate.alert.yaml::pages above [2 %]", "pages above [2 %]", "", "a/rate.alert.yaml"),
        ("error-rate-fires", "error-rate-fires", "", ""),
        ("::x", "::x", "", ""),
        ("x::", "x::", "", ""),
        ("", "", "", ""),
    ],
)
def test_a_name_is_taken_apart(check: str, title: str, parameters: str, module: str) -> None:
    name = parse_name(check)
    assert (name.title, name.parameters, name.module) == (title, parameters, module)


def test_the_checks_of_one_test_have_one_group() -> None:
    assert parse_name("m.py::test_a[x]").group == parse_name("m.py::test_a[y]").group
    assert parse_name("m.py::test_a[x]").group != parse_name("n.py::test_a[x]").group
    assert parse_name("m.py::test_a").group != parse_name("m.py::test_b").group
