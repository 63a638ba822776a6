"""/admin in headless Chromium, as an admin works with it: with a mouse, with a keyboard alone, and when the
data are somebody's attack.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from playwright.async_api import Browser, Page, expect

from server.admin import PAGE, POLICY
from server.config import ROOT
from tests.asking import Application, Installation
from tests.browsing import Sight, chromium, visiting
from tests.conftest import Run
from tests.serving import serving
from tests.test_session import PASSWORD, add_account

ATTACK = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
async def made(run: Run, services: dict[str, str], worker_id: str) -> AsyncIterator[Installation]:
    """As in production: no pages for developers, and no operations but those of the manifest."""
    settings = {"GRAPHIQL": "false", "DOCUMENTS": "trusted", "PUBLIC_SCHEMA": "false"}
    application = Application(services, f"{worker_id}_admin", "composed", **settings)
    async with run(application) as made, serving(application.asgi) as address:
        made.http.headers["x-origin"] = address
        await add_account(made, "ada@example.com", role="ADMIN")
        await add_account(made, "ulla@example.com")
        yield made


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def sight(browser: Browser, made: Installation) -> AsyncIterator[Sight]:
    async with visiting(browser) as page:
        yield Sight(page, made.http.headers["x-origin"])


async def enter(sight: Sight, email: str = "ada@example.com", password: str = PASSWORD) -> Page:
    page = sight.page
    await page.goto(f"{sight.origin}/admin")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    return page


class TestFiles:
    async def test_they_are_sent_under_a_strict_policy(self, sample: Installation) -> None:
        for path in ("/admin", *(f"/admin/{file.name}" for file in PAGE.iterdir())):
            response = await sample.http.get(path)
            assert response.status_code == 200
            assert response.headers["content-security-policy"] == POLICY
            assert "unsafe" not in POLICY
            known = {"if-none-match": response.headers["etag"]}
            assert (await sample.http.get(path, headers=known)).status_code == 304

    @pytest.mark.parametrize("name", ["nothing.js", "..%2f__init__.py", "__init__.py", "%00"])
    async def test_there_are_no_others(self, sample: Installation, name: str) -> None:
        response: httpx.Response = await sample.http.get(f"/admin/{name}")
        assert response.status_code == 404

    def test_no_script_writes_html(self) -> None:
        """The policy forbids it too, where a browser knows how to."""
        written = re.compile(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|\sstyle=|\son\w+=\""
        )
        for file in PAGE.iterdir():
            assert not written.search(file.read_text()), file.name

    def test_its_operations_are_trusted_documents(self) -> None:
        manifest = orjson.loads((ROOT / "generated" / "trusted_documents.json").read_bytes())
        asked = re.findall(r"= `(mutation .+?)`;", (PAGE / "session.js").read_text(), re.DOTALL)
        assert len(asked) == 3
        assert set(asked) <= set(manifest.values())


@pytest.mark.needs("chromium")
class TestInChromium:
    async def test_an_admin_finds_suspends_and_reads_the_log(self, made: Installation, sight: Sight) -> None:
        user = await made.add("user_account", display_name=ATTACK, email="attack@example.com")
        await made.sign_in(user)
        page = await enter(sight)
        await expect(page.get_by_role("heading", name="Users")).to_be_visible()
        await page.get_by_label("E-mail begins with").fill("attack@")
        await page.get_by_role("button", name="Search").click()
        await page.get_by_role("link", name=ATTACK).click()
        await expect(page.get_by_role("heading", name=ATTACK)).to_be_visible()
        await expect(page.get_by_role("table", name="Sessions").get_by_role("row")).to_have_count(2)
        await page.get_by_role("button", name="Suspend").click()
        await page.get_by_label("Reason").fill(f"Spam. {ATTACK}")
        await page.get_by_role("dialog").get_by_role("button", name="Suspend").click()
        await expect(page.get_by_role("status")).to_have_text(f"{ATTACK} is suspended.")
        await expect(page.get_by_text("They are signed in nowhere.")).to_be_visible()
        assert await made.value("select status::text from user_account where id = $1", user) == "SUSPENDED"
        await page.get_by_role("link", name="What was done to them").click()
        log = page.get_by_role("table", name="Audit log")
        line = log.get_by_role("row").filter(has_text="account.update")
        await expect(line).to_contain_text(f"Spam. {ATTACK}")
        await expect(line).to_contain_text('status: "ACTIVE" → "SUSPENDED"')
        await expect(line).to_contain_text("127.0.0.1")
        assert await page.locator("img").count() == 0
        sight.assert_clean()

    async def test_a_keyboard_is_enough(self, made: Installation, sight: Sight) -> None:
        user = await made.add("user_account", display_name="Keya", email="keya@example.com")
        page, press, write = sight.page, sight.page.keyboard.press, sight.page.keyboard.type
        await page.goto(f"{sight.origin}/admin")
        # The form is where one begins.
        await expect(page.get_by_label("E-mail")).to_be_focused()
        await write("ada@example.com")
        await press("Tab")
        await write(PASSWORD)
        await press("Enter")
        await expect(page.get_by_label("E-mail begins with")).to_be_visible()
        await expect(page.get_by_role("main")).to_be_focused()
        await self.tab_to(page, page.get_by_label("E-mail begins with"))
        await write("keya")
        await press("Enter")
        await expect(page.get_by_role("table", name="Users").get_by_role("row")).to_have_count(2)
        await self.tab_to(page, page.get_by_role("link", name="Keya"))
        await press("Enter")
        await expect(page.get_by_role("heading", name="Keya")).to_be_visible()
        await self.tab_to(page, page.get_by_role("combobox", name="Role"))
        await press("a")
        await self.tab_to(page, page.get_by_role("button", name="Change role"))
        await press("Enter")
        await expect(page.get_by_label("Reason")).to_be_focused()
        # Whoever thinks again has done nothing, and is where they were.
        await press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.get_by_role("button", name="Change role")).to_be_focused()
        await press("Enter")
        await write("She sells houses.")
        await press("Enter")
        await expect(page.get_by_role("status")).to_have_text("Keya is AGENT.")
        await expect(page.get_by_role("main")).to_be_focused()
        assert await made.value("select role::text from user_account where id = $1", user) == "AGENT"
        sight.assert_clean()

    async def tab_to(self, page: Page, element: Any) -> None:
        for _ in range(40):
            if await element.evaluate("each => each === document.activeElement"):
                return
            await page.keyboard.press("Tab")
        raise AssertionError("no Tab leads there")

    async def test_jobs_and_health(self, made: Installation, sight: Sight) -> None:
        job = await made.value("select enqueue_job('mail', '{}')")
        await made.sql("update pgqueuer set status = 'failed' where id = $1", job)
        page = await enter(sight)
        await page.get_by_role("link", name="Jobs").click()
        row = page.get_by_role("row").filter(has_text="failed")
        await row.get_by_role("button", name="Retry").click()
        await expect(page.get_by_role("status")).to_have_text(f"Job {job} is tried again.")
        await page.get_by_role("button", name="Discard").click()
        await page.get_by_role("dialog").get_by_role("button", name="Discard").click()
        await expect(page.get_by_text("Nothing waits.")).to_be_visible()
        await page.get_by_role("link", name="Health").click()
        await expect(page.get_by_role("heading", name="Health")).to_be_visible()
        await expect(page.get_by_text("ready", exact=True)).to_be_visible()
        sight.assert_clean()

    async def test_who_comes_back_is_in_and_who_signs_out_is_not(self, sight: Sight) -> None:
        page = await enter(sight)
        await expect(page.get_by_role("heading", name="Users")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("heading", name="Users")).to_be_visible()
        assert (
            await page.evaluate("document.cookie + Object.keys(localStorage) + Object.keys(sessionStorage)")
            == ""
        )
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.locator("#email")).to_be_focused()
        await page.reload()
        await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        assert await page.get_by_role("heading", name="Users").count() == 0
        sight.assert_clean()

    async def test_who_is_no_admin_stays_outside(self, sight: Sight) -> None:
        page = await enter(sight, password="wrong password")
        await expect(page.get_by_role("alert")).to_have_text("The address or the password is wrong.")
        page = await enter(sight, "ulla@example.com")
        await expect(page.get_by_role("alert")).to_have_text("This needs the role ADMIN, and you are USER.")
        assert await page.get_by_role("navigation").count() == 0
        # Chromium itself tells of the refusal.
        assert all("403" in each for each in sight.complaints)

    @pytest.mark.parametrize("scheme", ["dark", "light"])
    async def test_it_follows_the_visitors_colours(
        self, browser: Browser, made: Installation, scheme: Any
    ) -> None:
        context = await browser.new_context(color_scheme=scheme)
        page = await context.new_page()
        await page.goto(f"{made.http.headers['x-origin']}/admin")
        colour = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        brightness = sum(map(int, re.findall(r"\d+", colour)[:3])) / 3
        assert (brightness < 128) == (scheme == "dark")
        await context.close()
