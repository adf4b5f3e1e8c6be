"""Values that a program makes and that are nothing of anybody: identifiers, digests, numbers, instants, places.

``filled`` puts them into a template: ``«ulid»`` an identifier, ``«int 1 500»`` a number between the two. Each is made
at random, in the form that its maker documents; none is secret, and none is anybody's.
"""

from __future__ import annotations

import base64
import json
import re
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

__all__ = ["MAKERS", "filled"]

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_URL = _BASE62 + "-_"
_HEX = "0123456789abcdef"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: The letters of which Kubernetes makes the ends of names (apimachinery, util/rand).
_PODS = "bcdfghjklmnpqrstvwxz2456789"
_WORDS = re.findall(
    r"\S+",
    """
    lead contact invoice import export report sync search worker billing notify gateway catalog audit webhook
    passenger tokenizer keyboard author secretary compass cardinality monkey turkey hockey pinned spinner
    shipping assessment passive bypass classpath compassion keyframes keynote keyspace keystone basketball
    cartesian postcard discard authority authored authentic sessionless obsession possession secretion pinboard
    opinion tokenized emailer mailbox blackmail telescope cellular hotel scalpel mobile-nav addressable
    streetlamp pinpoint
    """,
)
_PARTS = ("id", "count", "total", "state", "kind", "index", "page", "size", "ratio")
_LOCALES = ("en_GB", "de-AT", "pt_BR", "zh-Hans-CN", "sr_Latn_RS", "es-419", "nb_NO.UTF-8")
_ZONES = ("Europe/Vienna", "America/Argentina/Ushuaia", "Etc/GMT+12", "Asia/Kolkata", "UTC")
_STRIPE = re.findall(r"\S+", "cus ch pi pm sub in price prod evt acct txn po seti si il tr req")
_CODES = re.findall(r"\S+", "BTTCHF EURUSD XAUUSD Q3-FY26 AB-12 R2D2 K8S S3 EC2 I18N A11Y B2B P95 5XX")


def _of(letters: str, random: Random, count: int) -> str:
    return "".join(random.choices(letters, k=count))


def _hex(random: Random, count: int = 32) -> str:
    return _of(_HEX, random, count)


def _uuid(random: Random) -> str:
    text = _hex(random)
    return (
        f"{text[:8]}-{text[8:12]}-{random.choice('147')}{text[13:16]}-{random.choice('89ab')}{text[17:20]}-{text[20:]}"
    )


def _ulid(random: Random) -> str:
    return "01" + _of("GHJKM", random, 1) + _of(_CROCKFORD, random, 23)


def _instant(random: Random) -> datetime:
    return datetime(2019, 1, 1, tzinfo=UTC) + timedelta(seconds=random.uniform(0, 12 * 365 * 86400))


def _iso(random: Random) -> str:
    form = random.choice(("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%f+00:00", "%Y-%m-%d %H:%M:%S,%f", "%Y%m%dT%H%M%SZ"))
    return _instant(random).strftime(form)


def _int(random: Random, low: int = 0, high: int = 100_000) -> int:
    return random.randint(low, high)


def _big(random: Random, digits: int = 10) -> int:
    return random.randint(10 ** (digits - 1), 10**digits - 1)


def _base64(random: Random, octets: int = 32) -> str:
    return base64.b64encode(random.randbytes(octets)).decode()


def _version(random: Random) -> str:
    text = f"{random.randint(0, 30)}.{random.randint(0, 99)}.{random.randint(0, 40)}"
    return text + random.choice(("", "", "-rc.1", f"+{_hex(random, 8)}", f"-{_hex(random, 7)}", ".post2", "b3"))


def _word(random: Random) -> str:
    return str(random.choice(_WORDS))


def _pod(random: Random) -> str:
    return f"{_word(random)}-{_of(_PODS, random, random.choice((9, 10)))}-{_of(_PODS, random, 5)}"


def _cursor(random: Random) -> str:
    inner = json.dumps({"id": random.randint(1, 10**6), "at": _instant(random).date().isoformat()})
    return base64.urlsafe_b64encode(inner.encode()).decode()


def _stripe(random: Random) -> str:
    kind = random.choice(_STRIPE)
    return f"{kind}_{_of(_BASE62, random, random.choice((14, 16, 24)))}"


def _etag(random: Random) -> str:
    tag = random.choice((_hex(random), f"{_hex(random, 6)}-{_hex(random, 13)}", _of(_URL, random, 27)))
    return random.choice((f'"{tag}"', f'W/"{tag}"'))


def _order(random: Random) -> str:
    return random.choice(
        (
            f"ORD-{_big(random, 8)}",
            f"{_instant(random):%Y%m%d}-{_big(random, 5)}",
            f"PO{_big(random, 7)}",
            f"SO-{_of(string.ascii_uppercase + string.digits, random, 6)}",
            f"#{_big(random, 5)}",
            f"INV-{_instant(random):%Y}-{_big(random, 6)}",
        )
    )


def _price(random: Random) -> str:
    return f"{random.randint(0, 9999)}.{random.randint(0, 99):02d}"


def _duration(random: Random) -> str:
    number = random.randint(1, 999)
    return random.choice(
        (f"{number}ms", f"{number}.{number % 10}s", f"PT{number}S", f"{number}µs", f"0:00:{number % 60:02d}")
    )


def _path(random: Random) -> str:
    name = f"{_word(random)}_{random.choice(_WORDS)}"
    return random.choice(
        (
            f"/srv/app/{name}.py",
            f"C:\\app\\{name}\\{_word(random).title()}.cs",
            f"src/{name}/index.tsx",
            f"/usr/lib/python3.13/site-packages/{name}/_{_word(random)}.py",
            f"/var/log/{name}.log.{random.randint(1, 9)}",
            f"app:///static/js/main.{_hex(random, 8)}.js",
            f"webpack-internal:///./src/{name}.ts",
            f"/app/.next/static/chunks/{random.randint(100, 9999)}-{_hex(random, 16)}.js",
        )
    )


def _dotted(random: Random) -> str:
    return ".".join(_hex(random, random.choice((4, 8))) for _ in range(3))


def _fields_word(random: Random) -> str:
    return f"{_word(random)}_{random.choice(_PARTS)}"


def _snowflake(random: Random) -> int:
    return ((int(_instant(random).timestamp() * 1000) - 1288834974657) << 22) + random.getrandbits(22)


#: What each place of a template is filled with.
MAKERS: dict[str, Callable[..., Any]] = {
    "uuid": _uuid,
    "ulid": _ulid,
    "ksuid": lambda random: random.choice("12") + _of(_BASE62, random, 26),
    "nano": lambda random, count=21: _of(_URL, random, count),
    "oid": lambda random: _hex(random, 24),
    "xid": lambda random: _of("0123456789abcdefghijklmnopqrstuv", random, 20),
    "cuid": lambda random: "c" + _of(string.ascii_lowercase + string.digits, random, 24),
    "hex": _hex,
    "HEX": lambda random, count=32: _hex(random, count).upper(),
    "base62": lambda random, count=22: _of(_BASE62, random, count),
    "base36": lambda random, count=12: _of(string.digits + string.ascii_lowercase, random, count),
    "BASE36": lambda random, count=10: _of(string.digits + string.ascii_uppercase, random, count),
    "base64": _base64,
    "stripe": _stripe,
    "digest": lambda random: f"sha256:{_hex(random, 64)}",
    "git": lambda random: _hex(random, 40),
    "sri": lambda random: f"sha384-{_base64(random, 48)}",
    "etag": _etag,
    "pod": _pod,
    "cursor": _cursor,
    "int": _int,
    "big": _big,
    "digits": lambda random, count=10: str(_big(random, count)),
    "snowflake": _snowflake,
    "float": lambda random: round(random.uniform(0, 1000), random.choice((2, 6, 15))),
    "s": lambda random: int(_instant(random).timestamp()),
    "seconds": lambda random: round(_instant(random).timestamp(), 6),
    "ms": lambda random: int(_instant(random).timestamp() * 1000),
    "us": lambda random: int(_instant(random).timestamp() * 1_000_000),
    "ns": lambda random: int(_instant(random).timestamp() * 1_000_000) * 1000 + random.randint(0, 999),
    "bytes": lambda random: random.randint(0, 2 ** random.randint(8, 45)),
    "price": _price,
    "iso": _iso,
    "date": lambda random: _instant(random).date().isoformat(),
    "duration": _duration,
    "version": _version,
    "word": _word,
    "Word": lambda random: _word(random).title(),
    "field": _fields_word,
    "code": lambda random: random.choice(_CODES),
    "order": _order,
    "path": _path,
    "dotted": _dotted,
    "pointer": lambda random: f"0x{_hex(random, 12)}",
    "bool": lambda random: random.random() < 0.5,
    "private": lambda random: f"10.{random.randint(0, 255)}.{random.randint(0, 255)}.{random.randint(1, 254)}",
    "locale": lambda random: random.choice(_LOCALES),
    "zone": lambda random: random.choice(_ZONES),
}
_PLACE = re.compile(r"«([A-Za-z0-9]+)((?: \d+)*)»")


def _made(random: Random, match: re.Match[str]) -> Any:
    return MAKERS[match[1]](random, *map(int, match[2].split()))


def filled(template: Any, random: Random) -> Any:
    """Return a template with a fresh value in each place, also in keys; a place alone becomes its value itself."""
    if isinstance(template, str):
        whole = _PLACE.fullmatch(template)
        return _made(random, whole) if whole else _PLACE.sub(lambda match: str(_made(random, match)), template)
    if isinstance(template, dict):
        return {filled(key, random) if "«" in key else key: filled(item, random) for key, item in template.items()}
    if isinstance(template, list):
        return [filled(item, random) for item in template]
    return template
