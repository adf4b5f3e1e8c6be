"""The bytes of what leaked, kept for whoever mends it: the very item, and where in it the canary is."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from alertproof.canaries import Left, Run, Search
from alertproof.errors import Broken
from alertproof.journal import folder_name
from alertproof.redact import Secret, without
from alertproof.scrubbing.proof import Proven

__all__ = ["keep_leaks"]

#: Of one defect more items say nothing more.
_MOST = 20


def keep_leaks(proven: Proven, reports: Path, check: str, *, secrets: Iterable[Secret] = ()) -> tuple[str, ...]:
    """Write each item that leaked to a file below ``reports/artifacts/``, and return the files' names in ``reports``.

    Of each source the first items come first, twenty in all. Bytes are as they left, unpacked, but for ``secrets``,
    for which ``***`` stands: canaries are nobody's, a target's keys are somebody's. What an earlier run left there is
    removed. Raises `Broken` where a file cannot be written.
    """
    folder = reports / "artifacts" / folder_name(check)
    shutil.rmtree(folder, ignore_errors=True)
    told, struck = [], tuple(secrets)
    for number, left in enumerate(_in_turn(_leaking(proven)), start=1):
        if number > _MOST:
            break
        path = folder / f"leak-{number:02d}-{re.sub(r'[^A-Za-z0-9]+', '-', left.source).strip('-')}.bin"
        text = without(left.octets.decode(errors="surrogateescape"), struck)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode(errors="surrogateescape"))
        except OSError as error:
            raise Broken(f"what leaked cannot be kept in {folder}: {error.strerror}") from error
        told.append(path.relative_to(reports).as_posix())
    return tuple(told)


def _leaking(proven: Proven) -> Iterator[Left]:
    """Yield the items in which a canary of the scrubbed run is."""
    sources = {place.source for cell in proven.judgement.leaks for place in cell.leaked}
    search = Search(canary.core for canary in proven.canaries if canary.run is Run.SCRUBBED)
    yield from (left for left in proven.left if left.source in sources and search.find(left.octets))


def _in_turn(items: Iterable[Left]) -> Iterator[Left]:
    """Yield one of each source, then the second of each, and so on."""
    by_source: dict[str, list[Left]] = {}
    for left in items:
        by_source.setdefault(left.source, []).append(left)
    for place in range(max(map(len, by_source.values()), default=0)):
        yield from (of_one[place] for of_one in by_source.values() if place < len(of_one))
