# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""The browser SDKs from npm, unmodified, in a real browser on a page of another origin, send to the stand-in."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from datadog_api_client.v2.api.logs_api import LogsApi
from datadog_api_client.v2.api.rum_api import RUMApi
from playwright.sync_api import sync_playwright
from tests.standins.datadog.official import parsed

from alertproof.journeys import find_browser

if TYPE_CHECKING:
    from tests.standins.datadog.conftest import Running

pytestmark = [pytest.mark.needs("npm"), pytest.mark.needs("browser")]
PACKAGES = ("@datadog/browser-logs@7.16.2", "@datadog/browser-rum@7.16.2")
PAGE = """<!doctype html><title>Leads</title><h1>Leads</h1><button>Convert</button>
<script src="/datadog-rum.js"></script><script src="/datadog-logs.js"></script>
<script>
  const to = {
    clientToken: 'pub123', site: 'datadoghq.com', service: 'm3core-web', env: 'test', version: '1.4.2',
    proxy: asked => 'ADDRESS' + asked.path + '?' + asked.parameters,
  };
  DD_RUM.init({...to, applicationId: '3df23a7e-1b4d-4d56-8829-9fd80e8c5ba9', sessionSampleRate: 100,
    trackUserInteractions: true, trackResources: true, trackLongTasks: true});
  DD_LOGS.init({...to, forwardErrorsToLogs: true, sessionSampleRate: 100});
  DD_RUM.setGlobalContextProperty('tenant', 'acme');
  DD_LOGS.logger.warn('the list is slow', {took: 812});
  document.querySelector('button').onclick = () => { throw new RangeError('on purpose'); };
</script>
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, standin: Running) -> Iterator[str]:
    """Serve the page and the SDKs' bundles from an origin of their own."""
    folder = tmp_path_factory.mktemp("site")
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--silent")
    command = ["npm", "install", *options, *PACKAGES]
    subprocess.run(command, cwd=folder, check=True, timeout=110)
    for name in ("rum", "logs"):
        bundle = folder / "node_modules" / "@datadog" / f"browser-{name}" / "bundle"
        shutil.copytree(bundle, folder, dirs_exist_ok=True)
    page = PAGE.replace("ADDRESS", standin.endpoints["datadog"])
    (folder / "index.html").write_text(page, encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_views_actions_errors_and_logs_of_a_browser_are_found(site: str, standin: Running, tmp_path: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(site)
        page.get_by_role("button").click()
        page.wait_for_timeout(300)
        page.goto("about:blank")  # to leave the page is what makes the SDKs send all that they hold
        page.wait_for_timeout(300)
        browser.close()

    with standin.client() as client:
        now = standin.clock.now()
        span: dict[str, Any] = {"filter_from": now - timedelta(hours=1), "filter_to": now + timedelta(days=1)}

        def rum(query: str) -> list[Any]:
            return list(parsed(RUMApi(client).list_rum_events(filter_query=query, page_limit=1000, **span)).data)

        standin.eventually(lambda: rum("@type:error service:m3core-web env:test"))
        (view,) = rum("@type:view @view.url_path:/ @context.tenant:acme version:1.4.2")
        assert view.attributes.attributes["view"]["error"]["count"] == 1
        (error,) = rum("@type:error @error.type:RangeError")
        assert "on purpose" in error.attributes.attributes["error"]["message"]
        assert [each.attributes.attributes["action"]["target"]["name"] for each in rum("@type:action")] == ["Convert"]

        def logged() -> list[str]:
            found = LogsApi(client).list_logs_get(filter_query="source:browser service:m3core-web", **span).data
            return sorted(f"{each.attributes.status}: {each.attributes.message}" for each in found)

        standin.eventually(lambda: len(logged()) == 2)
        error_log, warning = logged()
        assert warning == "warn: the list is slow"
        assert error_log.startswith("error: ")
        assert "on purpose" in error_log
    unknown = [each for each in standin.control("unknown")["requests"] if "ddsource=browser" in each["query"]]
    assert {each["path"] for each in unknown} == set()
