"""/docs and /graphql in headless Chromium, as the whole application serves them: under its security headers,
over its own data, from nobody else's host.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse

from server.config import ROOT, state_folder
from server.edge.security import Security
from server.rest.contract import PATH, Contract
from server.web_build import Build
from tests.asking import Application
from tests.browsing import Sight, chromium, visiting
from tests.conftest import Run
from tests.serving import serving

pytestmark = pytest.mark.needs("chromium")

OPERATIONS = len(Contract(PATH.read_bytes()).operations)


@pytest.fixture(scope="module")
async def origin(run: Run, services: dict[str, str], worker_id: str) -> AsyncIterator[str]:
    await asyncio.to_thread(Build(ROOT, state_folder()).run, lambda step: None)
    settings = {"GRAPHIQL": "true", "DWELZO_HOME": str(state_folder())}
    application = Application(services, f"{worker_id}_browsed", "composed", **settings)
    async with run(application), serving(application.asgi) as address:
        yield address


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def sight(browser: Browser, origin: str) -> AsyncIterator[Sight]:
    async with visiting(browser) as page:
        yield Sight(page, origin)


async def open_docs(sight: Sight, path: str = "/docs") -> None:
    await sight.page.goto(f"{sight.origin}{path}")
    await expect(sight.page.locator(".opblock")).to_have_count(OPERATIONS)


async def test_the_viewer_shows_the_document(sight: Sight) -> None:
    await open_docs(sight)
    await expect(sight.page).to_have_title("Dwelzo · REST")
    await expect(sight.page.locator(".info .title")).to_contain_text("Dwelzo")
    await sight.page.click("#operations-health-ready .opblock-summary-control")
    operation = sight.page.locator("#operations-health-ready")
    await expect(operation).to_contain_text("PostgreSQL, Redis and S3 are really asked")
    await expect(operation).to_contain_text("NOT_ACCEPTABLE")
    await sight.page.locator("section.models").get_by_text("Expand all").first.click()
    await expect(sight.page.locator("section.models")).to_contain_text("The process answers.")
    sight.assert_clean()


async def test_the_viewer_asks_the_server(sight: Sight) -> None:
    await open_docs(sight, "/docs#/health/ready")
    operation = sight.page.locator("#operations-health-ready")
    await operation.locator(".try-out__btn").click()
    await operation.locator(".execute").click()
    await expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    await expect(operation.locator(".live-responses-table")).to_contain_text("postgresql")
    sight.assert_clean()


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_the_viewer_follows_the_visitors_colours(browser: Browser, origin: str, scheme: Any) -> None:
    context = await browser.new_context(color_scheme=scheme)
    sight = Sight(await context.new_page(), origin)
    await open_docs(sight)
    colour = await sight.page.evaluate("getComputedStyle(document.querySelector('.info .title')).color")
    brightness = sum(map(int, re.findall(r"\d+", colour)[:3])) / 3
    assert (brightness > 128) == (scheme == "dark")
    sight.assert_clean()
    await context.close()


async def test_graphiql_works_under_the_applications_headers(sight: Sight) -> None:
    await sight.page.goto(f"{sight.origin}/graphql")
    await expect(sight.page.locator(".graphiql-query-editor .view-line").first).to_be_visible()
    await sight.page.click(".graphiql-execute-button")
    await expect(sight.page.locator(".graphiql-response .view-lines")).to_contain_text("totalCount")
    sight.assert_clean()


async def test_a_page_that_breaks_the_policy_is_seen(browser: Browser) -> None:
    """What `assert_clean` stands on: an inline script and a stranger's picture."""

    async def page(_: object) -> HTMLResponse:
        return HTMLResponse("<script>1</script><img src='http://192.0.2.1/x.png'>")

    app = Starlette()
    app.add_route("/docs", page)
    async with serving(Security(app)) as origin:
        sight = Sight(await browser.new_page(), origin)
        await sight.page.goto(f"{origin}/docs")
        assert any("script" in each for each in sight.complaints)
        assert any("img-src" in each or "default-src" in each for each in sight.complaints)
        with pytest.raises(AssertionError):
            sight.assert_clean()
        await sight.page.close()
