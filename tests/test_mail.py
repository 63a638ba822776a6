"""Letters, from the transaction that asks for one to a real SMTP server: what is in them, what becomes of
them when that server refuses, hangs or breaks off, and what of them is kept on the way.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from server import mail
from server.auth.seals import Sealed, Seals
from server.config import parse_smtp_url
from server.database import Database, Session
from server.jobs import list_jobs, retry_job
from server.jobs.worker import Pace, Worker
from server.mail.letters import KIND
from server.mail.posting import Post
from server.mail.writing import TEMPLATES, Writer
from tests.asking import Installation
from tests.receiving import Receiver, certificate, receiving

ACTOR, ROW = UUID(int=1), UUID(int=7)
SEALS = Seals(["s" * 32])
SITE = "https://www.example.com"
WRITER = Writer(SEALS, "Dwelzo <noreply@example.com>", SITE)
QUICK = Pace(first_wait=0.01, longest_wait=0.02, tries=4, look_again=0.1)
LINKED = {
    "verify_email": ("verify", "verify-email"),
    "reset_password": ("reset", "reset-password"),
    "change_email": ("email", "change-email"),
}


@pytest.fixture
async def session(own: Installation) -> AsyncIterator[Session]:
    database = Database(own.url)
    await database.connect()
    async with database.session() as session:
        yield session
    await database.disconnect()


@asynccontextmanager
async def posting(made: Installation, url: str, seconds: float = 20) -> AsyncIterator[None]:
    post = Post(WRITER, parse_smtp_url(url), seconds)
    worker = Worker(made.url, {KIND: post.deliver}, QUICK)
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await asyncio.wait_for(running, 30)


async def ask_for(session: Session, letter: str, to: str = "joe@example.com", name: str = "Joe") -> None:
    more: dict[str, Any] = {"expires_in": "24 hours"} if letter in LINKED else {}
    async with session.transaction(ACTOR):
        ask = getattr(mail, letter)
        await ask(session, to, name, *([ROW] if letter in LINKED else []), **more)


async def settled(session: Session) -> str | None:
    """Waits until nothing is to be done; why a job failed, where one did."""
    async with asyncio.timeout(30):
        while jobs := await list_jobs(session):
            if all(job.state == "failed" for job in jobs):
                return jobs[-1].last_error
            await asyncio.sleep(0.02)
    return None


def bodies(letter: EmailMessage) -> tuple[str, str]:
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None and html is not None
    return text.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """What was logged, but for the receiver's own log."""
    return "\n".join(record.getMessage() for record in caplog.records if record.name != "mail.log")


async def test_every_letter_comes_as_it_was_asked_for_and_no_token_is_kept(
    own: Installation, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    subjects = set()
    assert {path.stem for path in TEMPLATES.glob("*.txt")} == {*mail.__all__, "layout"}
    async with receiving() as receiver:
        for letter in mail.__all__:
            await ask_for(session, letter)
        payloads = [orjson.loads(row["payload"]) for row in await own.sql("select payload from pgqueuer")]
        async with posting(own, receiver.url(tls="none")):
            assert await settled(session) is None
    assert receiver.recipients == ["joe@example.com"] * len(mail.__all__)
    assert receiver.taken == len({came["Message-ID"] for came in receiver.came}) == len(mail.__all__)
    by_subject = {came["Subject"]: came for came in receiver.came}
    for payload in payloads:
        letter = payload["letter"]
        expected = {"letter": letter, "to": "joe@example.com", "display_name": "Joe"}
        written = WRITER.write(payload, 1, datetime.now(UTC))
        subject = re.search(rb"^Subject: (.+)\r$", written.content, re.MULTILINE)
        assert subject is not None
        came = by_subject[subject[1].decode()]
        subjects.add(came["Subject"])
        text, html = bodies(came)
        assert came["From"] == "Dwelzo <noreply@example.com>"
        assert came["To"] == "joe@example.com"
        assert came["Auto-Submitted"] == "auto-generated"
        assert came["Message-ID"].endswith("@example.com>")
        for body in (text, html):
            assert "Joe" in body and SITE in body
        assert came["Subject"] in html
        # Nothing is fetched by who reads it.
        assert not re.search(r"<img|<link|<script|url\(|@import|src=", html)
        if letter in LINKED:
            purpose, page = LINKED[letter]
            expected |= {"purpose": purpose, "id": str(ROW), "expires_in": "24 hours"}
            (link,) = re.findall(rf"^  ({SITE}/\S+)$", text, re.MULTILINE)
            start, _, token = link.partition("#token=")
            assert start == f"{SITE}/{page}"
            assert SEALS.open(purpose, token) == Sealed(ROW, 0)
            assert f'href="{link}"' in html
            assert "24 hours" in text and "24 hours" in html
        else:
            assert "dwz_" not in text + html
        assert payload == expected
    assert len(subjects) == len(mail.__all__)
    kept = await own.value("select coalesce(string_agg(l::text, ''), '') from pgqueuer_log as l")
    for secret in ("dwz_", "joe@example.com"):
        assert secret not in logged(caplog) + kept
    assert await own.value("select count(*) from pgqueuer") == 0


async def test_a_letter_that_is_rolled_back_is_not_sent(own: Installation, session: Session) -> None:
    async with receiving() as receiver, posting(own, receiver.url(tls="none")):
        with pytest.raises(ZeroDivisionError):
            async with session.transaction(ACTOR):
                await mail.password_changed(session, "joe@example.com", "Joe")
                raise ZeroDivisionError
        await ask_for(session, "email_changed")
        assert await settled(session) is None
    assert [came["Subject"] for came in receiver.came] == ["Your address has been changed"]


@pytest.mark.parametrize(
    ("to_recipients", "to_letters", "came"),
    [
        (["450 4.2.1 joe@example.com is busy", "451 4.3.0 Later"], [], 1),
        ([], ["451 4.3.0 Later", "421 4.3.2 Going down"], 3),
        ([], ["drop"], 1),
        ([], ["hang"], 1),
    ],
)
async def test_what_is_refused_for_now_comes_in_the_end_and_is_the_same_letter(
    own: Installation, session: Session, to_recipients: list[str], to_letters: list[str], came: int
) -> None:
    async with receiving() as receiver:
        receiver.to_recipients, receiver.to_letters = to_recipients, to_letters
        async with posting(own, receiver.url(tls="none"), seconds=1):
            await ask_for(session, "verify_email")
            assert await settled(session) is None
    assert (receiver.taken, len(receiver.came)) == (1, came)
    first, *again = receiver.came
    for other in again:
        assert other["Message-ID"] == first["Message-ID"]
        assert other["Date"] == first["Date"]
        assert bodies(other) == bodies(first)


@pytest.mark.parametrize(
    ("to_recipients", "to_letters", "sentence"),
    [
        (
            ["550 5.1.1 <joe@example.com> is nobody"],
            [],
            "The SMTP server refused the recipient (550 5.1.1).",
        ),
        ([], ["554 joe@example.com wants no such letters"], "The SMTP server refused the letter (554)."),
    ],
)
async def test_what_is_refused_for_good_is_not_tried_again_and_names_nobody(
    own: Installation,
    session: Session,
    caplog: pytest.LogCaptureFixture,
    to_recipients: list[str],
    to_letters: list[str],
    sentence: str,
) -> None:
    caplog.set_level("INFO")
    async with receiving() as receiver, posting(own, receiver.url(tls="none")):
        receiver.to_recipients, receiver.to_letters = to_recipients, to_letters
        await ask_for(session, "verify_email")
        assert await settled(session) == sentence
        (job,) = await list_jobs(session)
        assert (job.attempts, receiver.taken) == (1, 0)
        kept = await own.value("select string_agg(l::text, '') from pgqueuer_log as l")
        assert "joe@" not in kept + logged(caplog)
        # An admin who knows better.
        assert await retry_job(session, job.id)
        assert await settled(session) is None
    assert receiver.taken == 1


async def test_a_server_that_is_away_leaves_the_letter_to_be_retried(
    own: Installation, session: Session
) -> None:
    async with posting(own, "smtp://127.0.0.1:1?tls=none"):
        await ask_for(session, "verify_email")
        error = await settled(session)
    assert error is not None and error.startswith("The SMTP server cannot be reached: Error connecting to")
    (job,) = await list_jobs(session)
    assert job.attempts == QUICK.tries
    async with receiving() as receiver, posting(own, receiver.url(tls="none")):
        await retry_job(session, job.id)
        assert await settled(session) is None
    assert receiver.taken == 1


async def test_tls_is_verified_and_required(own: Installation, session: Session, tmp_path: Path) -> None:
    ca, context = certificate(tmp_path)
    user = "us:p%40ss@"
    async with (
        receiving(starttls=context, password="p@ss") as starttls,
        receiving(implicit=context, password="p@ss") as implicit,
        receiving() as plain,
    ):
        for url in (
            starttls.url(user=user, ca=str(ca)),
            implicit.url("smtps", user=user, ca=str(ca)),
        ):
            async with posting(own, url):
                await ask_for(session, "verify_email")
                assert await settled(session) is None
        assert (starttls.tls, implicit.tls) == ([True], [True])
        for url, reason in (
            (starttls.url(user=user), "CERTIFICATE_VERIFY_FAILED"),
            (implicit.url("smtps", user=user), "CERTIFICATE_VERIFY_FAILED"),
            (plain.url(), "lacks what SMTP_URL asks for"),
            (starttls.url(user="us:wrong@", ca=str(ca)), "refused us (535"),
        ):
            async with posting(own, url):
                await ask_for(session, "verify_email")
                error = await settled(session)
                assert error is not None and reason in error
                assert "wrong" not in error
            await own.database.execute("delete from pgqueuer")
        assert (starttls.taken, implicit.taken, plain.came) == (1, 1, [])


GREETINGS = {
    "Zoë & 李小龍 O'Hara 🏡": "Hello Zoë & 李小龍 O'Hara 🏡,",
    "Joe\r\nBcc: all@example.com": "Hello,",
    "Joe\r\n\r\nNew paragraph": "Hello Joe New paragraph,",
    "Joe\udcff\ud800\0": "Hello Joe,",
    "\u202eeoJ\u2066": "Hello eoJ,",
    "Win a car at evil.example": "Hello,",
    "<b>Joe</b>": "Hello,",
    "J" * 61: "Hello,",
    "  ": "Hello,",
}


async def test_a_name_is_a_name_whatever_was_typed(own: Installation, session: Session) -> None:
    async with receiving() as receiver, posting(own, receiver.url(tls="none")):
        for name in GREETINGS:
            await ask_for(session, "already_registered", name=name)
            assert await settled(session) is None
    assert receiver.recipients == ["joe@example.com"] * len(GREETINGS)
    for came, greeting in zip(receiver.came, GREETINGS.values(), strict=True):
        text, html = bodies(came)
        assert text.splitlines()[0] == greeting
        assert f"<p>{greeting.replace('&', '&amp;').replace(chr(39), '&#39;')}</p>" in html
        assert came["Bcc"] is None and "all@example.com" not in html
        assert not came.defects


def test_whatever_comes_into_a_letter_is_text() -> None:
    """Even past what a name may be."""
    payload = {
        "letter": "verify_email",
        "to": "joe@example.com",
        "display_name": "<script>alert(1)</script>{{ site }}",
        "purpose": "verify",
        "id": str(ROW),
        "expires_in": '"><img src=x>',
    }
    content = WRITER.write(payload, 1, datetime(2026, 1, 1, tzinfo=UTC)).content
    html = content.decode().replace("=\r\n", "")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ site }}" in html
    assert "&lt;img src=3Dx&gt;" in html and "<img" not in html.partition("<!doctype")[2]


@pytest.mark.parametrize("international", [True, False])
async def test_addresses_beyond_ascii(own: Installation, session: Session, international: bool) -> None:
    async with (
        receiving(international=international) as receiver,
        posting(own, receiver.url(tls="none")),
    ):
        await ask_for(session, "verify_email", to="joe@bücher.example")
        assert await settled(session) is None
        await ask_for(session, "verify_email", to="jörg@bücher.example")
        error = await settled(session)
    ours = ["joe@xn--bcher-kva.example"]
    if international:
        assert (error, receiver.recipients) == (None, [*ours, "jörg@xn--bcher-kva.example"])
        to = str(receiver.came[1]["To"]).encode("utf-8", "surrogateescape").decode()
        assert to == receiver.recipients[1]
    else:
        assert error == "The SMTP server takes no addresses beyond ASCII."
        assert receiver.recipients == ours


@pytest.mark.parametrize(
    "to",
    [
        "joe",
        "@example.com",
        "joe@",
        "joe@example.com\r\nRCPT TO:<all@example.com>",
        "joe@example.com, all@example.com",
        "joe@example.com>",
        "joe smith@example.com",
        "joe\udcff@example.com",
        "joe\0@example.com",
        f"joe@{'e' * 260}.com",
    ],
)
async def test_what_is_no_single_address_gets_no_job(to: str) -> None:
    """Found before anything is asked of the database, which is not there."""
    session = Database("postgresql://nobody@127.0.0.1:1/none").session()
    with pytest.raises(ValueError, match="address"):
        await mail.verify_email(session, to, "Joe", ROW, expires_in="24 hours")


async def test_many_letters_come_once_each(own: Installation, session: Session) -> None:
    to = [f"reader{number}@example.com" for number in range(60)]
    async with receiving() as receiver:
        receiver.to_letters = ["451 4.3.0 Later"] * 20
        async with posting(own, receiver.url(tls="none")):
            async with session.transaction(ACTOR):
                for each in to:
                    await mail.sessions_ended(session, each, "Reader")
            assert await settled(session) is None
    assert receiver.taken == 60
    assert {str(came["To"]) for came in receiver.came} == set(to)
    assert len(receiver.came) == 80


async def test_the_receiver_is_as_strict_as_these_tests_believe() -> None:
    """What they stand on: it takes two recipients where a client names two."""
    async with receiving() as receiver:
        reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
        for line in ("EHLO x", "MAIL FROM:<a@x>", "RCPT TO:<b@x>", "RCPT TO:<c@x>", "DATA", "", ".", "QUIT"):
            writer.write(f"{line}\r\n".encode())
        await reader.read()
        writer.close()
    assert receiver.recipients == ["b@x", "c@x"]
    assert isinstance(receiver, Receiver)
