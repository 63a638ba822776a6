"""The mailbox: the embedded SMTP server keeps letters, and /mailbox shows them, to developers alone, as
something that may hold anything.
"""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiosmtplib
import httpx
import pytest
from playwright.async_api import Browser, Error, expect
from starlette.applications import Starlette

from server.config import ROOT
from server.edge.security import Security
from server.embedded.sink import LETTERS_KEPT
from server.mail.mailbox import Mailbox
from tests.asking import Application
from tests.browsing import Sight, chromium, visiting
from tests.running import free_port
from tests.serving import serving
from tests.test_mail import ROW, SITE, WRITER

HOSTILE = """Subject: <script>document.title='taken'</script>
To: "<img src={elsewhere}/to.png>" <joe@example.com>
Content-Type: text/html; charset=utf-8

<html><head><title>x</title></head><body><p id="shown">Shown</p>
<script>document.title = parent.document.title = 'taken'</script>
<link rel="stylesheet" href="{elsewhere}/x.css">
<img src="{elsewhere}/x.png" onerror="top.location = '/elsewhere'">
<iframe src="{elsewhere}/x.html"></iframe></body></html>
"""


def name(number: int) -> str:
    return f"{number:020d}-{number:08x}"


def put(folder: Path, number: int, content: bytes) -> None:
    (folder / f"{name(number)}.eml").write_bytes(content)


def letter(to: str = "joe@example.com", display_name: str = "Joe") -> bytes:
    payload = {"letter": "verify_email", "to": to, "display_name": display_name}
    payload |= {"purpose": "verify", "id": str(ROW), "expires_in": "24 hours"}
    return WRITER.write(payload, 1, datetime(2026, 1, 1, tzinfo=UTC)).content


@pytest.fixture
async def origin(tmp_path: Path) -> AsyncIterator[str]:
    """The pages over a folder of one letter, under the application's headers."""
    put(tmp_path, 1, letter(to="jörg@example.com", display_name="Zoë"))
    async with serving(Security(Starlette(routes=Mailbox(tmp_path).routes))) as address:
        yield address


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.mark.needs("chromium")
async def test_a_letter_is_read_in_a_browser(browser: Browser, origin: str) -> None:
    async with visiting(browser) as page:
        sight = Sight(page, origin)
        await page.goto(f"{origin}/mailbox")
        await expect(page.locator("tbody tr")).to_have_count(1)
        await expect(page.locator("tbody tr").first).to_contain_text("jörg@example.com")
        await page.click("text=Confirm your address")
        await expect(page.locator("h1")).to_have_text("Confirm your address")
        frame = page.frame_locator("iframe")
        await expect(frame.locator("p").first).to_have_text("Hello Zoë,")
        colour = await frame.locator(".button").evaluate("each => getComputedStyle(each).backgroundColor")
        assert colour == "rgb(29, 78, 216)"
        link = page.locator("#text a").first
        address = await link.get_attribute("href")
        assert address is not None and address.startswith(f"{SITE}/verify-email#token=dwz_verify_")
        await expect(frame.locator(".button")).to_have_attribute("href", address)
        await expect(page.locator("#headers")).to_contain_text("auto-generated")
        sight.assert_clean()


@pytest.mark.needs("chromium")
async def test_a_hostile_letter_runs_and_fetches_nothing(
    browser: Browser, origin: str, tmp_path: Path
) -> None:
    asked = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A browser connects before it knows whether it may ask.
        asked.append(await reader.readline())
        writer.close()

    elsewhere = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{elsewhere.sockets[0].getsockname()[1]}"
    put(tmp_path, 2, HOSTILE.format(elsewhere=address).encode())
    async with visiting(browser) as page:
        sight = Sight(page, origin)
        await page.goto(f"{origin}/mailbox")
        await expect(page.locator("tbody tr")).to_have_count(2)
        sight.assert_clean()
        await page.goto(f"{origin}/mailbox/{name(2)}")
        await expect(page.frame_locator("iframe").locator("#shown")).to_have_text("Shown")
        assert "taken" not in (await page.title()).partition("</script>")[2]
        # By itself it is as powerless as in its frame.
        await page.goto(f"{origin}/mailbox/{name(2)}/html")
        await expect(page.locator("#shown")).to_have_text("Shown")
        assert await page.title() == "x"
        assert page.url.endswith("/html")
        # What it stands on: this would be seen.
        assert [line for line in asked if line] == []
        with contextlib.suppress(Error):
            await page.goto(address)
        assert [line for line in asked if line] != []
    elsewhere.close()


async def test_nothing_else_of_the_folder_is_shown(origin: str, tmp_path: Path) -> None:
    (tmp_path / "secret.eml").write_text("Subject: secret\n\n")
    async with httpx.AsyncClient(base_url=origin) as http:
        for path in ("secret", "..%2fsecret", name(3), f"{name(1)}.eml", f"{name(3)}/html"):
            assert (await http.get(f"/mailbox/{path}")).status_code == 404
        for path in ("", f"/{name(1)}"):
            answer = await http.get(f"/mailbox{path}")
            assert "script-src" not in answer.headers["content-security-policy"]
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["x-frame-options"] == "DENY"
        answer = await http.get(f"/mailbox/{name(1)}/html")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "sandbox allow-popups" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"GRAPHIQL": "true", "MAILBOX": "mail"}, 200),
        ({"GRAPHIQL": "false", "MAILBOX": "mail"}, 404),
        ({"GRAPHIQL": "true", "MAILBOX": "mail", "PUBLIC_SCHEMA": "false"}, 404),
    ],
)
async def test_it_is_for_developers_alone(
    services: dict[str, str], template: str, tmp_path: Path, settings: dict[str, str], status: int
) -> None:
    application = Application(services, template, DWELZO_HOME=str(tmp_path), **settings)
    transport = httpx.ASGITransport(application.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://dwelzo.test") as http:
        answer = await http.get("/mailbox")
    assert answer.status_code == status
    if status == 200:
        assert "No letter yet" in answer.text


async def test_the_embedded_server_keeps_so_many_letters_and_the_newest(tmp_path: Path) -> None:
    port = free_port()
    sink = [sys.executable, "-I", str(ROOT / "server" / "embedded" / "sink.py"), str(tmp_path), str(port)]
    with subprocess.Popen(sink) as process:  # noqa: ASYNC220
        try:
            client = aiosmtplib.SMTP(
                hostname="127.0.0.1", port=port, start_tls=False, local_hostname="x.test"
            )
            async with asyncio.timeout(30):
                while not client.is_connected:
                    try:
                        await client.connect()
                    except aiosmtplib.SMTPConnectError:
                        await asyncio.sleep(0.05)
            sender, to = "a@example.com", "jörg@example.com"
            for number in range(LETTERS_KEPT + 3):
                content = f"Subject: {number}\r\n\r\n.\r\n..dots\r\n".encode()
                await client.sendmail(sender, [to], content, mail_options=["SMTPUTF8"])
            with pytest.raises(aiosmtplib.SMTPResponseException):
                await client.sendmail(sender, [to], b"x" * 1_100_000, mail_options=["SMTPUTF8"])
            client.close()
        finally:
            process.terminate()
    files = sorted(tmp_path.glob("*"))  # noqa: ASYNC240
    assert len(files) == LETTERS_KEPT
    assert files[0].read_bytes() == b"Subject: 3\r\n\r\n.\r\n..dots\r\n"
    assert files[-1].read_bytes().startswith(f"Subject: {LETTERS_KEPT + 2}\r".encode())
    assert files[-1].stat().st_mode & 0o077 == 0
