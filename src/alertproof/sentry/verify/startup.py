"""Whether an SDK was started right: its DSN against the keys of the project that is meant.

A DSN is ``{scheme}://{public_key}[:{secret}]@{host}{path}/{project_id}``. Of a wrong one nothing is ever seen in the
project, so it is compared before anything is waited for. Source: develop.sentry.dev/sdk/foundations/transport.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from alertproof.errors import ConfigError
from alertproof.sentry.verify.judge import Judged

__all__ = ["ClientKey", "Dsn", "judge_dsn", "read_dsn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dsn:
    """Where an SDK sends; the public key is shown by its last four characters only."""

    scheme: str
    host: str
    path: str
    public_key: str
    project_id: str

    def __str__(self) -> str:
        return f"{self.scheme}://..{self.public_key[-4:]}@{self.host}{self.path}/{self.project_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientKey:
    """A key of a project, with the DSN that Sentry gives for it."""

    dsn: Dsn
    active: bool


def read_dsn(text: str) -> Dsn:
    """Read a DSN; raises `ConfigError` saying what it lacks."""
    parts = urlsplit(text.strip())
    path, _, project = parts.path.rpartition("/")
    lacks = [
        name
        for name, value in (
            ("http:// or https://", parts.scheme in {"http", "https"}),
            ("a public key before the @", parts.username),
            ("a host", parts.hostname),
            ("a project's id at its end", project),
        )
        if not value
    ]
    if lacks:
        raise ConfigError(f"this is no DSN, it lacks {', '.join(lacks)}; it looks like https://KEY@HOST/PROJECT")
    return Dsn(
        scheme=parts.scheme,
        host=parts.netloc.rpartition("@")[2],
        path=path,
        public_key=parts.username or "",
        project_id=project,
    )


def judge_dsn(dsn: Dsn, keys: Sequence[ClientKey], *, project: str) -> tuple[Judged, ...]:
    """Judge a DSN by the keys of the project: its key is one of them, is active, and leads to the same place."""
    known = {key.dsn.public_key: key for key in keys}
    listed = ", ".join(f"..{name[-4:]}" for name in sorted(known)) or "none"
    key = known.get(dsn.public_key)
    found = f"..{dsn.public_key[-4:]}"
    judged = [Judged(what="key", wanted=f"one of {project}: {listed}", met=key is not None, found=found)]
    if key is None:
        return tuple(judged)
    place = f"{key.dsn.host}{key.dsn.path}/{key.dsn.project_id}"
    judged += [
        Judged(what="key's state", wanted="active", met=key.active, found="active" if key.active else "disabled"),
        Judged(
            what="place",
            wanted=place,
            met=(dsn.host, dsn.path, dsn.project_id) == (key.dsn.host, key.dsn.path, key.dsn.project_id),
            found=f"{dsn.host}{dsn.path}/{dsn.project_id}",
        ),
    ]
    return tuple(judged)
