"""A whole site on its own servers, and phones that look at it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from app.runtime import embedded, sandboxes, site
from tests.conftest import ROOT
from tests.sandboxes.base import process

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 832}
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]

PATIENCE_MS = 120_000
"""The machine may be busy; what is there is seen, and pressed, at once."""
expect.set_options(timeout=PATIENCE_MS / 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives Chromium."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class LiveSite:
    """A running demo: where it is, and the key its machines use."""

    url: str
    home: Path
    api_key: str
    environment: dict[str, str]
    """What a process needs to stand behind the scenes."""

    def post(self, path: str, body: Any, **headers: str) -> Any:
        """Send `body` to the public API with the demo's key."""
        return self._ask(path, json.dumps(body).encode(), headers)

    def get(self, path: str) -> Any:
        """Ask the public API with the demo's key."""
        return self._ask(path, None, {})

    def _ask(self, path: str, raw: bytes | None, headers: dict[str, str]) -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            data=raw,
            headers={
                "Authorization": f"Bearer {self.api_key}",
                "Content-Type": "application/json",
                **headers,
            },
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def live_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    """The demo tenant, served by web, worker and clock; texts go to a gateway played beside it."""
    with process(sandboxes.GATEWAY) as gateway:
        yield from _site(tmp_path_factory, gateway)


def _site(tmp_path_factory: pytest.TempPathFactory, gateway: str) -> Iterator[LiveSite]:
    home = tmp_path_factory.mktemp("site")
    home.chmod(0o755)
    postgres = embedded.start_postgres(home, durable=False)
    valkey = embedded.start_valkey(home)
    environment = {
        "DATABASE_URL": postgres.url_app,
        "DATABASE_OWNER_URL": postgres.url_owner,
        "REDIS_URL": valkey.url,
        "LAUREL_HOME": str(home),
        "LAUREL_MODE": "demo",
        **sandboxes.texts({sandboxes.GATEWAY: urlsplit(gateway).port or 0}, {}),
    }
    running: site.Site | None = None
    try:
        _run(environment, "-m", "alembic", "upgrade", "head")
        _run(environment, *site.flask("demo", "seed", "--size", "small"))
        running = site.start_site(home, environment)
        key = (home / "demo-api-key").read_text().strip()
        yield LiveSite(running.url, home, key, environment)
    finally:
        if running is not None:
            running.stop()
        valkey.stop()
        postgres.stop()


def _run(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for a file of journeys; it leaves no event loop behind for other tests."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert path, "Chromium is needed: apt-get install chromium."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@dataclass
class Device:
    """A browser window of somebody, which notes everything that goes wrong in it."""

    page: Page
    context: BrowserContext
    site: LiveSite
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """What this test brings about on purpose."""

    def open(self, path: str) -> None:
        """Go to `path` and wait until it has settled."""
        self.page.goto(f"{self.site.url}{path}")
        self.page.wait_for_load_state("networkidle")

    def sign_in_as(self, persona: str, *, language: str | None = None) -> None:
        """Use a persona of the demo, who reads `language` from now on; on all devices of all tests."""
        self.open("/sign-in")
        status = self.page.evaluate(
            """async (key) => (await fetch(`/api/v1/demo/personas/${key}/sign-in`, {
                method: 'POST', headers: {'X-Laurel': '1', 'Content-Type': 'application/json'}, body: '{}',
            })).status""",
            persona,
        )
        assert status == 200
        if language is not None:
            self._read(language)

    def _read(self, language: str) -> None:
        status = self.page.evaluate(
            """async (language) => (await fetch('/api/v1/me', {
                method: 'PATCH', headers: {'X-Laurel': '1', 'Content-Type': 'application/json'},
                body: JSON.stringify({language}),
            })).status""",
            language,
        )
        assert status == 200

    def give_authenticator(self) -> None:
        """Put a platform authenticator into the device, which says yes for the person."""
        session = self.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "ctap2Version": "ctap2_1",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )

    def axe(self) -> list[str]:
        """Return what axe finds on the page, one line a finding."""
        usual = self.page.viewport_size or PHONE
        self._unfold(usual["width"])
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate(
            """async () => (await axe.run(document, {runOnly: {type: 'tag',
                values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}})).violations"""
        )
        self.page.set_viewport_size(usual)
        return [
            f"{rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in found
            for node in rule["nodes"]
        ]

    def _unfold(self, width: int) -> None:
        """Show the whole page at once, however much of it a list still loads: nothing lies under the dock."""
        height = 0
        while (needed := self.page.evaluate("document.documentElement.scrollHeight")) > height:
            height = needed
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.wait_for_load_state("networkidle")
            self.page.evaluate(
                "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))"
            )


@pytest.fixture
def device(chromium: Browser, live_site: LiveSite) -> Iterator[Callable[..., Device]]:
    """Open devices: `device()` is a phone, `device(DESK)` a desk; none may complain by the end, except as expected."""
    opened: list[Device] = []

    def open_device(
        viewport: dict[str, int] = PHONE, *, expected: str | None = None, **options: Any
    ) -> Device:
        context = chromium.new_context(
            viewport=viewport, locale="en-IE", timezone_id="Europe/Rome", **options
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        made = Device(page, context, live_site, expected=[expected] if expected else [])
        page.on("pageerror", lambda error: made.complaints.append(f"error: {error}"))
        page.on(
            "console",
            lambda message: (
                made.complaints.append(f"{message.type}: {message.text}")
                if message.type in ("error", "warning") and _matters(message.text)
                else None
            ),
        )
        opened.append(made)
        return made

    yield open_device
    for made in opened:
        made.context.close()
    assert [
        line
        for made in opened
        for line in made.complaints
        if not any(known in line for known in made.expected)
    ] == []


# A device that is offline, nobody signed in yet, a page left while it connected: Chromium says so.
HARMLESS = (
    "ERR_INTERNET_DISCONNECTED",
    "ERR_FAILED",
    "status of 401",
    "closed before the connection is established",
)


def _matters(text: str) -> bool:
    return not any(known in text for known in HARMLESS)
