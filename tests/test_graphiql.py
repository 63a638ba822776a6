"""GraphiQL in headless Chromium, as npm and Node build it: the page works, and asks nobody but its server."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, graphql, parse, validate
from graphql.execution.values import get_variable_values
from playwright.async_api import Browser, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.config import ROOT, state_folder
from server.edge.security import Security
from server.web import Web
from server.web_build import Build
from tests.browsing import Sight, chromium, visiting
from tests.serving import serving

SCHEMA = build_schema("\n".join(file.read_text() for file in sorted((ROOT / "schema").glob("*.graphql"))))
EXAMPLES = sorted((ROOT / "web" / "examples").glob("*.graphql"))
ANSWER: dict[str, Any] = {
    "properties": {
        "totalCount": 1,
        "edges": [
            {
                "cursor": "c1",
                "node": {
                    "id": "property_0193f0c2a1b27c3d8e4f5a6b7c8d9e0f",
                    "listingKey": "sacramento-17",
                    "listPrice": "399950.00",
                    "currencyCode": "USD",
                    "city": "Elk Grove",
                    "media": [],
                    "reviews": {"nodes": []},
                },
            }
        ],
        "pageInfo": {"hasNextPage": False},
    }
}


class GraphiQL(Sight):
    """The page at /graphql."""

    async def open(self, path: str = "/graphql") -> None:
        await self.page.goto(f"{self.origin}{path}")
        await expect(self.page.locator(".graphiql-query-editor .view-line").first).to_be_visible()
        await expect(self.page.locator("[aria-label='Show Documentation Explorer']")).to_be_visible()

    def response(self, text: str) -> Any:
        """Expects the text in the response. The editor writes blanks as non-breaking ones."""
        pattern = re.compile(re.escape(text).replace(r"\ ", r"\s"))
        return expect(self.page.locator(".graphiql-response .view-lines")).to_contain_text(pattern)


@pytest.fixture(scope="module")
async def origin() -> AsyncIterator[str]:
    """The address of a server of the page, with the contract and one home behind it."""
    await asyncio.to_thread(Build(ROOT, state_folder()).run, lambda step: None)
    web = Web(ROOT, state_folder())

    async def endpoint(request: Request) -> Response:
        if request.method == "GET":
            return await web.graphiql(request)
        asked = await request.json()
        result = await graphql(
            SCHEMA, asked["query"], ANSWER, None, asked.get("variables"), asked.get("operationName")
        )
        return JSONResponse(result.formatted, media_type="application/graphql-response+json")

    app = Starlette(routes=[Route("/graphql", endpoint, methods=["GET", "POST"]), *web.routes])
    async with serving(Security(app)) as address:
        yield address


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def sight(browser: Browser, origin: str) -> AsyncIterator[GraphiQL]:
    async with visiting(browser) as page:
        yield GraphiQL(page, origin)


needs_chromium = pytest.mark.needs("chromium")


@needs_chromium
async def test_a_visitor_runs_the_first_example(sight: GraphiQL) -> None:
    await sight.open()
    await expect(sight.page).to_have_title("Dwelzo")
    await sight.page.click(".graphiql-execute-button")
    await sight.response('"totalCount": 1')
    await sight.response('"listPrice": "399950.00"')
    sight.assert_clean()


@needs_chromium
async def test_each_example_has_a_tab(sight: GraphiQL) -> None:
    await sight.open()
    titles = await sight.page.locator(".graphiql-tab-button").all_text_contents()
    names = [re.search(r"^(?:query|mutation) (\w+)", file.read_text(), re.M)[1] for file in EXAMPLES]  # type: ignore[index]
    assert sorted(titles) == sorted(names)
    assert titles[0] == "AffordableHomes"

    await sight.page.click(".graphiql-tab-button:has-text('Search')")
    await expect(sight.page.locator(".graphiql-editor-tool")).to_contain_text("boundingBox")
    sight.assert_clean()


@needs_chromium
async def test_the_keyboard_runs_what_was_written_and_history_keeps_it(sight: GraphiQL) -> None:
    await sight.open()
    await sight.page.click("[aria-label='New tab']")
    await sight.page.locator(".graphiql-query-editor .monaco-editor").click()
    await sight.page.keyboard.insert_text("query Mine { properties(first: 1) { totalCount } }")
    await expect(sight.page.locator(".graphiql-tab-button").last).to_have_text("Mine")
    await sight.page.keyboard.press("Control+Enter")
    await sight.response('"totalCount": 1')
    await sight.page.click("[aria-label='Show History']")
    await expect(sight.page.locator(".graphiql-history-item")).to_contain_text("Mine")
    sight.assert_clean()


@needs_chromium
async def test_the_docs_explorer_shows_the_contract(sight: GraphiQL) -> None:
    await sight.open()
    await sight.page.click("[aria-label='Show Documentation Explorer']")
    docs = sight.page.locator(".graphiql-doc-explorer")
    await docs.get_by_text("Query", exact=True).click()
    await expect(docs).to_contain_text("Listings that match a filter.")
    await docs.get_by_text("PropertyConnection", exact=True).first.click()
    await expect(docs).to_contain_text("A page of listings.")
    sight.assert_clean()


@needs_chromium
async def test_the_editor_knows_the_contract(sight: GraphiQL) -> None:
    """Validation and completion happen in workers, which the content security policy must let start."""
    await sight.open()
    await sight.page.click("[aria-label='New tab']")
    await sight.page.locator(".graphiql-query-editor .monaco-editor").click()
    await sight.page.keyboard.insert_text("{ noSuchField }")
    await expect(sight.page.locator(".graphiql-query-editor .squiggly-error").first).to_be_visible()
    await sight.page.keyboard.press("Control+A")
    await sight.page.keyboard.type("{ propertyBy")
    await expect(sight.page.locator(".suggest-widget")).to_contain_text("propertyByListingKey")
    assert {worker.url.rsplit("/", 1)[0] for worker in sight.page.workers} == {f"{sight.origin}/assets"}
    sight.assert_clean()


@needs_chromium
async def test_prettify_loads_what_it_needs_from_us(sight: GraphiQL) -> None:
    await sight.open()
    await sight.page.click("[aria-label='New tab']")
    await sight.page.locator(".graphiql-query-editor .monaco-editor").click()
    await sight.page.keyboard.insert_text("query Mine { properties(first: 1) { totalCount } }")
    await sight.page.click("[aria-label^='Prettify query']")
    await expect(sight.page.locator(".graphiql-query-editor .view-line")).to_have_count(6)
    sight.assert_clean()


@needs_chromium
async def test_a_link_opens_with_its_operation_and_does_not_run_it(sight: GraphiQL) -> None:
    await sight.open(
        "/graphql#query=query+Linked($n:Int){properties(first:$n){totalCount}}&variables={%22n%22:7}"
    )
    await expect(sight.page.locator(".graphiql-tab-button").first).to_have_text("Linked")
    await expect(sight.page.locator(".graphiql-query-editor")).to_contain_text("properties(first:$n)")
    await expect(sight.page.locator(".graphiql-editor-tool")).to_contain_text('"n":7')
    await expect(sight.page.locator(".graphiql-response .view-lines")).to_have_text("")
    await sight.page.click(".graphiql-execute-button")
    await sight.response('"totalCount": 1')
    sight.assert_clean()


@needs_chromium
@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_the_page_follows_the_visitors_colours(browser: Browser, origin: str, scheme: Any) -> None:
    context = await browser.new_context(color_scheme=scheme)
    sight = GraphiQL(await context.new_page(), origin)
    await sight.open()
    background = await sight.page.locator(".graphiql-container").evaluate(
        "element => getComputedStyle(element).backgroundColor"
    )
    brightness = sum(map(int, re.findall(r"\d+", background)[:3])) / 3
    assert (brightness < 80) == (scheme == "dark")
    await context.close()


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_each_example_fits_the_contract(file: Path) -> None:
    document = parse(file.read_text())
    assert validate(SCHEMA, document) == []
    variables = file.with_suffix(".variables.json")
    values = json.loads(variables.read_text()) if variables.exists() else {}
    definitions = document.definitions[0].variable_definitions or []  # type: ignore[attr-defined]
    assert not isinstance(get_variable_values(SCHEMA, definitions, values), list)
