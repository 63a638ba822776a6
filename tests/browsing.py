"""Chromium without a screen, and a page in it that tells what a visitor does not see."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, Page, async_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), headless=True, args=FLAGS
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def visiting(browser: Browser) -> AsyncIterator[Page]:
    """A new visitor's page, at the size of a small laptop."""
    context = await browser.new_context(viewport={"width": 1366, "height": 768})
    yield await context.new_page()
    await context.close()


@dataclass
class Sight:
    """A page, and what it did that a visitor does not see."""

    page: Page
    origin: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None,
        )

    def assert_clean(self) -> None:
        """Nothing to complain of, and nobody asked but our server."""
        assert self.complaints == []
        assert self.requests
        assert [url for url in self.requests if not url.startswith(f"{self.origin}/")] == []
