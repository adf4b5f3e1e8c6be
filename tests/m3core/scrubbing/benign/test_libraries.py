"""What installed libraries say when they fail, and what their parameters are called: nobody's secret, so it stays.

The texts are read from the source of the libraries: the literals of ``raise``, and the defaults and arguments of calls
that are constants. New versions say new things, so a few in a thousand may be lost; what
is lost on purpose is explained.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from m3core.scrubbing import Scrubber

LIBRARIES = [
    "argparse", "http", "urllib", "smtplib", "imaplib", "ssl", "email", "logging", "configparser", "getpass", "secrets",
    "fastapi", "starlette", "httpx", "redis", "rq", "flask", "werkzeug", "requests", "urllib3", "psycopg", "pydantic",
    "jsonschema", "cryptography", "itsdangerous", "apscheduler", "sentry_sdk", "opentelemetry", "jinja2", "click",
]  # fmt: skip
MOST_OF_A_THOUSAND = 4
#: What goes although nobody wrote it of somebody: the rules that find it are meant to.
ON_PURPOSE = re.compile(
    r"@[\w.\-]+\.[a-z]|://[^\s/]*:[^\s/]*@"  # addresses and passwords in the examples of documentation
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b|::"  # addresses of machines in those
    r"|^(?:user_?name|author|email|password|PW)\b",
    re.IGNORECASE | re.MULTILINE,
)
_PLACE = re.compile(r"%(?:\(\w+\))?[-+ 0#]*\d*(?:\.\d+)?[sdrifgx]|\{[\w.\[\]!:]*\}")


def _texts(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.JoinedStr):
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "17" for each in part.values)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value:
            yield _PLACE.sub("lead", part.value)


def _is_constant(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in {str, int, float} and node.value != ""


def _pairs(node: ast.AST) -> Iterator[tuple[str, Any]]:
    if isinstance(node, ast.Call):
        for word in node.keywords:
            if word.arg and _is_constant(word.value):
                yield word.arg, ast.literal_eval(word.value)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        places = [*node.args.posonlyargs, *node.args.args]
        given = list(zip(reversed(places), reversed(node.args.defaults), strict=False))
        for name, default in [*given, *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)]:
            if default is not None and _is_constant(default):
                yield name.arg, ast.literal_eval(default)


@cache
def said() -> tuple[list[str], list[tuple[str, Any]]]:
    """Return the texts of errors of the libraries, and the names of their parameters with a value each."""
    texts: dict[str, None] = {}
    pairs: dict[tuple[str, Any], None] = {}
    for library in LIBRARIES:
        found = importlib.util.find_spec(library)
        if found is None or found.origin is None:
            continue
        root = Path(found.origin)
        for file in sorted(root.parent.rglob("*.py")) if root.name == "__init__.py" else [root]:
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Raise) and node.exc is not None:
                    texts.update(dict.fromkeys(_texts(node.exc)))
                pairs.update(dict.fromkeys(_pairs(node)))
    return list(texts), list(pairs)


@pytest.mark.timeout(120)
def test_errors_of_libraries_stay_as_they_are() -> None:
    scrubber, (texts, _) = Scrubber(), said()
    lost = {text: clean for text in texts if (clean := scrubber.text(text)) != text and not ON_PURPOSE.search(text)}

    assert len(texts) > 2000
    assert len(lost) * 1000 <= MOST_OF_A_THOUSAND * len(texts), lost


@pytest.mark.timeout(120)
def test_parameters_of_libraries_stay_as_they_are() -> None:
    scrubber, (_, pairs) = Scrubber(), said()
    fields = [{key: value} for key, value in pairs]
    events = [{"extra": {"seen": field, "vars": {key: repr(field[key])}}} for field in fields for key in field]
    lost = [
        field
        for field, event in zip(fields, events, strict=True)
        if scrubber.event(event) != event
        and not ON_PURPOSE.search("\n".join(f"{key}\n{json.dumps(field)}" for key in field))
    ]

    assert len(fields) > 1000
    assert len(lost) * 1000 <= MOST_OF_A_THOUSAND * len(fields), lost
