"""What a field is for, beside how secret it is: source code, an identifier, a version."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

__all__ = ["DIGEST", "IDENTITY", "MESSAGE", "RANDOM", "VERSION", "VERSIONED", "Role", "role_of"]

#: Fields that hold source code.
_SOURCE = frozenset(["context_line", "pre_context", "post_context"])
#: Identifiers that receivers need as they are, if they look like ones: a trace's number may pass for a card's.
_IDENTITIES = frozenset(
    re.findall(
        r"\S+",
        """
    event_id trace_id span_id parent_span_id parent_id segment_id profile_id profiler_id replay_id check_in_id
    group_id dd.trace_id dd.span_id x-datadog-trace-id x-datadog-parent-id
    sample_rand timestamp start_timestamp dist thread_id thread.id
    time_unix_nano traceparent sentry-trace observed_timestamp_nanos
    """,
    )
)
#: Identifiers that whoever calls may choose: only a random one stays as it is, and a number is looked at.
_CHOSEN = frozenset(
    re.findall(
        r"\S+",
        """
    correlation_id request_id x-request-id x-correlation-id messaging.message.id message_id job_id task_id
    github_request_id
    """,
    )
)
#: A random identifier: hexadecimal digits with a letter among them, in groups or in one.
RANDOM = re.compile(
    r"(?=[0-9\-:]*[a-fA-F])(?:[0-9a-fA-F]{12,36}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?:[0-9A-F]{4,8}:){4}[0-9A-F]{8})"
)
#: By which mails and messages of queues are called; of mails it ends as an address does, after what a machine made up.
_OF_MESSAGES = re.compile(r"(?:^|[_.\-a-z])message[_.\-]?id$", re.IGNORECASE)
MESSAGE = re.compile(
    r"<?(?=[a-f\-]{0,80}\d)(?:[0-9a-f]{12,40}(?:-[0-9a-f]{4,40}){1,6}|[0-9a-f]{24,64})@[\w.\-]{4,100}>?"
)
#: What an identifier may look like.
IDENTITY = re.compile(r"[0-9a-fA-F]{8,36}|[0-9a-fA-F\-]{16,64}|\d{1,22}(?:\.\d+)?|[\dT:.+\-]+Z?")
#: Four numbers are an address elsewhere.
VERSION = re.compile(r"v?\d{1,5}(?:\.\d{1,5}){1,3}")
#: What has a version rather than an address, as a pattern: in names of fields and in front of a number in a text.
VERSIONED = (
    r"build|release|fw|firmware|driver|sdk|kernel|browser|runtime|toolchain|bios|uefi|schema|revision|rev|patch|tag"
    r"|chrome|chromium|firefox|edge|safari|opera|webkit|webview|android|ios|macos|windows|python|java|jdk|jre|dotnet"
    r"|\.net|openssl|plugin|extension|package|dependency|upgrade|baseline|edition|product|library|module|component|model"
    r"|hw|hardware|baseband|bootloader|cuda|assembly|assemblyversion|sw|software|base_image|chart|channel|protocol|engine"
    r"|ver|latest|minimum|installed|supported|required|image|section|chapter|figure|table|clause|oid|paragraph"
)
_OF_VERSIONS = re.compile(
    rf"(?:.*[_.\-])?(?:{VERSIONED})(?:[_.\-]?(?:no|nr|number))?|.*version",
    re.IGNORECASE,
)


#: What was computed of a content, of which it tells nothing.
_OF_DIGESTS = re.compile(
    r"(?:checksum|digest|etag|integrity|crc32c?|sha-?(?:1|256|384|512)|(?<![a-z])md5)$", re.IGNORECASE
)
#: In hexadecimal or in base64.
DIGEST = re.compile(r"(?:sha\d{1,3}[:=\-])?(?:[0-9a-fA-F]{8,128}|[A-Za-z0-9+/]{22,86}={0,2})")


class Role(Enum):
    """What a field is for."""

    IDENTITY = 1
    CHOSEN = 4
    VERSION = 2
    SOURCE = 3
    DIGEST = 5
    NOTHING = 0


@lru_cache(maxsize=8192)
def role_of(key: str) -> Role:
    """Return what the field of a name is for."""
    if key in _SOURCE:
        return Role.SOURCE
    if key in _IDENTITIES or key.rsplit(".", 1)[-1] in _IDENTITIES:
        return Role.IDENTITY
    if key.lower().replace("-", "_").removeprefix("x_") in _CHOSEN or key in _CHOSEN or _OF_MESSAGES.search(key):
        return Role.CHOSEN
    if _OF_DIGESTS.search(key):
        return Role.DIGEST
    return Role.VERSION if _OF_VERSIONS.fullmatch(key) else Role.NOTHING
