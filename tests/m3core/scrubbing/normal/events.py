"""Whole events of a normal hour, made at random: none holds a secret or anything of anybody, so each must stay.

The tables beside it say what may stand in one: ``fields.txt`` and ``attributes.txt`` (OpenTelemetry's conventions, with
the values of its registry) names with typical values, ``headers.txt`` headers of HTTP, ``names.txt`` ordinary names
under which any of ``identifiers.txt`` may stand, ``events.json`` Sentry's own contexts, breadcrumbs, frames and images.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from tests.m3core.scrubbing.normal.values import filled

__all__ = ["IDENTIFIERS", "differences", "log", "normal", "span", "table", "transaction"]

HERE = Path(__file__).parent
#: The forms in which identifiers, digests and positions are written.
IDENTIFIERS = tuple((HERE / "identifiers.txt").read_text("utf-8").splitlines())


@cache
def table(name: str) -> tuple[tuple[str, Any], ...]:
    """Return the names of a table, each with each of its values."""
    rows = []
    for line in (HERE / name).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            key, _, values = line.partition(" = ")
            rows += [(key, _value(value.replace("\\n", "\n"))) for value in values.split(" ¦ ")]
    return tuple(rows)


def _value(text: str) -> Any:
    """Return a value as the table writes it: JSON, in which places stand in quotes or bare, or else the text itself."""
    if text[0] not in "[{«0123456789tfn-":
        return text
    bare = text
    if text[0] in "[{":
        parts = text.replace('"«', "\0").replace('»"', "\1").split("«")
        bare = (
            "".join([parts[0], *('"«' + part.replace("»", '»"', 1) for part in parts[1:])])
            .replace("\0", '"«')
            .replace("\1", '»"')
        )
    try:
        return json.loads(bare)
    except ValueError:
        return text


@cache
def _names() -> tuple[str, ...]:
    return tuple((HERE / "names.txt").read_text("utf-8").split())


@cache
def _parts() -> dict[str, Any]:
    parts: dict[str, Any] = json.loads((HERE / "events.json").read_text("utf-8"))
    return parts


def _cased(name: str, random: Random) -> str:
    """Return a name as another language spells it."""
    words = name.split("_")
    if random.random() < 0.6 or "." in name or "" in words:
        return name
    return random.choice((words[0] + "".join(word.title() for word in words[1:]), "-".join(words), ".".join(words)))


def _fields(random: Random, count: int) -> dict[str, Any]:
    made = {}
    for key, value in random.choices(table("fields.txt"), k=count):
        made[_cased(key, random)] = value
    for name in random.choices(_names(), k=count):
        made[_cased(name, random)] = random.choice(IDENTIFIERS)
    return made


def _keyed(random: Random, count: int) -> dict[str, Any]:
    """Return a table by identifiers, as programs keep things."""
    item = random.choice([1, "open", {"state": "ok", "count": "«int 1 99»"}, ["«ulid»"], True])
    return dict.fromkeys(random.sample(IDENTIFIERS, count), item)


def _attributes(random: Random, count: int) -> dict[str, Any]:
    return dict(random.choices(table("attributes.txt"), k=count))


def _request(random: Random) -> dict[str, Any]:
    headers = dict(random.choices(table("headers.txt"), k=12))
    spelled = {random.choice((key, key.lower())): value for key, value in headers.items()}
    return {
        "method": random.choice(("GET", "POST")),
        "url": f"https://crm.example/api/{random.choice(_names())}/«uuid»",
        "query_string": f"page=«int 1 99»&sort=-created_at&{random.choice(_names())}={random.choice(IDENTIFIERS[:20])}",
        "headers": spelled,
        "env": {"SERVER_NAME": "crm.example", "SERVER_PORT": "8443"},
        "data": _fields(random, 3),
    }


def _texts(random: Random) -> str:
    keys = ("message", "error", "log", "frame", "line", "repr", "sql")
    return str(random.choice([value for key, value in table("fields.txt") if key in keys]))


def _span(random: Random) -> dict[str, Any]:
    return {
        "trace_id": "«hex 32»",
        "span_id": "«hex 16»",
        "parent_span_id": "«hex 16»",
        "op": "db.sql.query",
        "status": "ok",
        "origin": "auto.db.psycopg",
        "description": _texts(random),
        "start_timestamp": "«seconds»",
        "timestamp": "«seconds»",
        "data": _attributes(random, 6),
    }


def _whole(random: Random) -> dict[str, Any]:
    parts = _parts()
    contexts = random.sample(sorted(parts["contexts"]), 5)
    return {
        "event_id": "«hex 32»",
        "timestamp": "«iso»",
        "platform": random.choice(("python", "javascript", "java", "cocoa")),
        "release": random.choice(("m3core@«version»", "«git»", "com.m3.crm@«version»+«int 1 9999»")),
        "environment": "production",
        "server_name": "«pod»",
        "dist": "«int 1 9999»",
        "transaction": "/api/tokens/{id}",
        "tags": {key: value for key, value in _fields(random, 4).items() if isinstance(value, str)},
        "contexts": {**{name: parts["contexts"][name] for name in contexts}, "crm": _fields(random, 6)},
        "extra": {**_fields(random, 10), "by": _keyed(random, 3), "otel": _attributes(random, 8)},
        "breadcrumbs": {"values": random.sample(parts["breadcrumbs"], 5)},
        "request": _request(random),
        "modules": {"tokenizers": "0.21.0", "passlib": "1.7.4", "django": "5.1.4"},
        "sdk": {
            "name": "sentry.python.django",
            "version": "2.75.0",
            "packages": [{"name": "pypi:sentry-sdk", "version": "2.75.0"}],
        },
        "user": {"id": "«int 1 90000»"},
    }


def normal(random: Random) -> dict[str, Any]:
    """Return an error event of a normal hour."""
    parts = _parts()
    frames = [{**frame} for frame in random.sample(parts["frames"], 4)]
    frames.append({"function": "run", "module": "m3core.jobs", "lineno": 7, "vars": _fields(random, 4)})
    event = {
        **_whole(random),
        "level": "error",
        "logger": "m3core.auth",
        "exception": {
            "values": [
                {
                    "type": "InvalidToken",
                    "module": "m3core.auth",
                    "value": _texts(random),
                    "mechanism": {"type": "generic", "handled": False},
                    "stacktrace": {"frames": frames},
                },
            ]
        },
        "logentry": {"message": "import %s of %s failed", "params": ["«ulid»", "«int 1 900»"]},
        "debug_meta": {"images": random.sample(parts["debug_images"], 2)},
        "fingerprint": ["{{ default }}", "«field»"],
    }
    made: dict[str, Any] = filled(event, random)
    return made


def transaction(random: Random) -> dict[str, Any]:
    """Return a transaction of a normal hour, with its spans."""
    event = {
        **_whole(random),
        "type": "transaction",
        "start_timestamp": "«iso»",
        "spans": [_span(random) for _ in range(6)],
        "measurements": {
            "lcp": {"value": "«float»", "unit": "millisecond"},
            "tokens": {"value": "«int 1 900»", "unit": "none"},
        },
    }
    made: dict[str, Any] = filled(event, random)
    return made


def span(random: Random) -> dict[str, Any]:
    """Return a span that is sent by itself."""
    made: dict[str, Any] = filled({**_span(random), "attributes": _attributes(random, 12)}, random)
    return made


def log(random: Random) -> dict[str, Any]:
    """Return a structured log."""
    made: dict[str, Any] = filled(
        {
            "body": _texts(random),
            "severity_text": "info",
            "severity_number": 9,
            "time_unix_nano": "«ns»",
            "trace_id": "«hex 32»",
            "attributes": {**_attributes(random, 8), **_fields(random, 5)},
        },
        random,
    )
    return made


def differences(before: Any, after: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """Return each place at which two values differ, with what stands there in each."""
    if isinstance(before, dict) and isinstance(after, dict) and list(before) == list(after):
        return [each for key in before for each in differences(before[key], after[key], f"{path}/{key}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [each for at, pair in pairs for each in differences(*pair, f"{path}/{at}")]
    return [] if before == after and type(before) is type(after) else [(path, before, after)]
