"""What a failed journey leaves: trace, requests, screenshot, console, video, without secrets. A passed one: nothing."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal, TypeAlias, final

from playwright.sync_api import BrowserContext, Error, Page

from alertproof.errors import Broken
from alertproof.journal import Artifact, folder_name
from alertproof.journeys.har import archive
from alertproof.journeys.heard import Line
from alertproof.journeys.redaction import SHORTEST, Redactor, redact_trace, secrets_of_trace

__all__ = ["Evidence", "TraceMode"]

#: What a trace holds: snapshots of the page and the test's sources; ``film`` also a picture of each change.
TraceMode: TypeAlias = Literal["on", "film", "off"]

_PATIENCE_MS = 5000
#: A shorter value, such as that of a cookie with the tenant's name, may stand on any page by chance.
_TELLING = 8
#: What a page shows in its text and in its fields, but for those that show dots or nothing.
_SHOWN = """() => [
  document.body?.innerText,
  ...Array.from(
    document.querySelectorAll('input:not([type=password]):not([type=hidden]), textarea'), field => field.value
  ),
].join('\\n')"""


@final
class Evidence:
    """Keeps evidence of one journey under ``reports/artifacts/``; what an earlier run left there is removed at once.

    ``video``: record one; Playwright needs its encoder for that. Whatever is recorded takes a part of the time that
    is measured: snapshots little, pictures and videos much.
    """

    def __init__(self, reports: Path, check: str, *, trace: TraceMode, video: bool) -> None:
        self._reports = reports
        self._folder = reports / "artifacts" / folder_name(check)
        self._check = check
        self._trace, self._traces = trace, trace != "off"
        self._scratch = Path(mkdtemp(prefix="alertproof-journey-"))
        self._video = video
        #: What could not be kept, and why.
        self.missing: list[str] = []
        shutil.rmtree(self._folder, ignore_errors=True)

    def context_args(self) -> dict[str, Any]:
        """Return what the context needs to be told before it exists."""
        return {"record_video_dir": self._scratch / "video"} if self._video else {}

    def begin(self, context: BrowserContext) -> None:
        """Begin to record."""
        if self._traces:
            film = self._trace == "film"
            context.tracing.start(title=self._check, screenshots=film, snapshots=True, sources=True)

    def group(self, context: BrowserContext, name: str) -> None:
        """Begin a named part of the trace."""
        if self._traces:
            with suppress(Error):
                context.tracing.group(name)

    def group_end(self, context: BrowserContext) -> None:
        """End the part of the trace that began last."""
        if self._traces:
            with suppress(Error):
                context.tracing.group_end()

    def forget_run(self) -> None:
        """Forget the video of a run that went well, once its context is closed: the next one records its own."""
        shutil.rmtree(self._scratch / "video", ignore_errors=True)

    def discard(self) -> None:
        """Forget what was recorded; may be called twice."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    def keep(
        self, context: BrowserContext, page: Page, lines: Sequence[Line], secrets: set[str]
    ) -> tuple[tuple[Artifact, ...], Redactor]:
        """Keep everything, and close the context, which ends the video.

        Returns what was kept, and the redactor with the secrets that the trace has brought to light.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        shown = self._screenshot(page)
        recorded = self._stop(context)
        with suppress(Error):
            context.close()
        try:
            known = secrets | (secrets_of_trace(recorded) if recorded else set())
        except Broken as error:
            self.missing.append(str(error))
            known, recorded = secrets, None
        redactor = Redactor(known)
        if recorded:
            self._keep_trace(recorded, redactor)
        said = "".join(f"{redactor.text(str(line))}\n" for line in lines)
        (self._folder / "console.txt").write_text(said, encoding="utf-8")
        for video in sorted((self._scratch / "video").glob("*.webm"))[:1]:
            shutil.move(video, self._folder / "video.webm")
        if any(secret.casefold() in shown for secret in known if len(secret) >= _TELLING):
            self._forget_pictures()
        self.discard()
        return tuple(self._kept()), redactor

    def _screenshot(self, page: Page) -> str:
        """Take a picture of the page, and return what it shows at that moment: in a picture nothing can be found.

        It is in small letters: a style may show others.
        """
        try:
            shown = "\n".join(str(frame.evaluate(_SHOWN)) for frame in page.frames)
            page.screenshot(path=self._folder / "screenshot.png", timeout=_PATIENCE_MS)
        except Error as error:
            self.missing.append(f"no screenshot: {str(error).partition(chr(10))[0]}")
            return ""
        return shown.casefold()

    def _forget_pictures(self) -> None:
        for name in ("screenshot.png", "video.webm"):
            (self._folder / name).unlink(missing_ok=True)
        self.missing.append("no screenshot and no video: the page shows a secret in clear")

    def _stop(self, context: BrowserContext) -> Path | None:
        if not self._traces:
            return None
        path = self._scratch / "trace.zip"
        try:
            context.tracing.stop(path=path)
        except Error as error:
            self.missing.append(f"no trace: {str(error).partition(chr(10))[0]}")
            return None
        return path

    def _keep_trace(self, recorded: Path, redactor: Redactor) -> None:
        if redactor.too_short:
            short = f"a secret of fewer than {SHORTEST} characters cannot be struck out of it"
            self.missing.append(f"no trace: {short}")
            return
        try:
            redact_trace(recorded, self._folder / "trace.zip", redactor)
        except Broken as error:
            self.missing.append(str(error))
            return
        with zipfile.ZipFile(self._folder / "trace.zip") as clean:
            requests = json.dumps(archive(clean), indent=1, ensure_ascii=False)
        (self._folder / "requests.har").write_text(requests, encoding="utf-8")

    def _kept(self) -> Iterator[Artifact]:
        files: tuple[tuple[Literal["trace", "har", "screenshot", "video", "console"], str], ...] = (
            ("trace", "trace.zip"),
            ("screenshot", "screenshot.png"),
            ("video", "video.webm"),
            ("console", "console.txt"),
            ("har", "requests.har"),
        )
        for kind, name in files:
            path = self._folder / name
            if path.is_file() and path.stat().st_size:
                yield Artifact(kind=kind, path=path.relative_to(self._reports).as_posix())
