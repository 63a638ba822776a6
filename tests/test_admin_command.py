"""`./dwelzo admin`: who may run the service, said by whoever reaches its database."""

import asyncio
import os
import pty
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.auth.admins import NotMade, list_admins, make_admin
from server.config import ROOT
from tests.asking import Application, Installation
from tests.conftest import Run
from tests.running import clean_environment
from tests.test_session import PASSWORD, add_account, sign_in

COMMAND = [sys.executable, str(ROOT / "server" / "cli"), "admin"]


@pytest.fixture(scope="module")
async def made(run: Run, services: dict[str, str], worker_id: str) -> AsyncIterator[Installation]:
    async with run(Application(services, f"{worker_id}_admins")) as made:
        yield made


@pytest.fixture
async def told(made: Installation) -> int:
    """How many lines the log has before the test."""
    count: int = await made.value("select count(*) from audit_event")
    return count


def never() -> str:
    raise AssertionError("no password is needed")


async def log(made: Installation, since: int) -> list[tuple[str, str | None]]:
    rows = await made.sql("select action, reason from audit_event order by id offset $1", since)
    return [(row["action"], row["reason"]) for row in rows]


async def test_the_command_takes_the_password_from_standard_input(
    made: Installation, services: dict[str, str], told: int, tmp_path: Path
) -> None:
    urls = {"DATABASE_URL": made.url, "DATABASE_DIRECT_URL": made.url}
    environment = clean_environment(tmp_path / "none", **services | urls)

    def ask(*arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        command = [*COMMAND, *arguments]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, input=given, capture_output=True, text=True
        )

    answer = await asyncio.to_thread(ask, "create", "Ada@Example.com", "--name", "Ada", given=f"{PASSWORD}\n")
    assert (answer.returncode, answer.stdout) == (
        0,
        "Ada@Example.com has an account now, as an admin: sign in at /admin.\n",
    )
    assert (await sign_in(made, "ada@example.com"))["userErrors"] == []
    assert (await log(made, told))[:3] == [
        ("account.insert", None),
        ("account.password_set", None),
        ("account.update", "./dwelzo admin create"),
    ]
    assert "ada@example.com  Ada  ACTIVE  user_" in (await asyncio.to_thread(ask, "list")).stdout


async def test_a_terminal_shows_nothing_of_the_password(
    made: Installation, services: dict[str, str], tmp_path: Path
) -> None:
    urls = {"DATABASE_URL": made.url, "DATABASE_DIRECT_URL": made.url}
    environment = clean_environment(tmp_path / "none", **services | urls)

    def talk() -> str:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [*COMMAND, "create", "tia@example.com"],
            env=environment,
            cwd=tmp_path,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        seen, answered = b"", 0
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                seen += os.read(ours, 4096)
            except OSError:
                # The other end is closed: the command has ended.
                break
            if answered < seen.count(b"Password: ") + seen.count(b"Once more: "):
                answered += 1
                os.write(ours, f"{PASSWORD}\n".encode())
        assert process.wait(30) == 0
        os.close(ours)
        return seen.decode()

    seen = await asyncio.to_thread(talk)
    assert "tia@example.com has an account now" in seen.replace("\r\n", "\n")
    assert PASSWORD not in seen


async def test_who_has_an_account_keeps_the_password(made: Installation) -> None:
    user = await add_account(made, "ruth@example.com")
    since = await made.value("select count(*) from audit_event")
    assert await make_admin(made.url, "Ruth@example.com", None, never) == "promoted"
    assert await make_admin(made.url, "ruth@example.com", None, never) == "was"
    assert await log(made, since) == [("account.update", "./dwelzo admin create")]
    assert user in [each.id for each in await list_admins(made.url)]
    assert (await sign_in(made, "ruth@example.com"))["userErrors"] == []


async def test_who_has_no_password_gets_one(made: Installation) -> None:
    await made.add("user_account", display_name="Without", email="without@example.com")
    assert await make_admin(made.url, "without@example.com", None, lambda: PASSWORD) == "promoted"
    assert (await sign_in(made, "without@example.com"))["userErrors"] == []


@pytest.mark.parametrize(
    ("email", "name", "password", "said"),
    [
        ("no address", None, PASSWORD, "'no address' is no e-mail address."),
        ("", None, PASSWORD, "'' is no e-mail address."),
        ("a@b\nc", None, PASSWORD, "is no e-mail address."),
        ("x@example.com", "", PASSWORD, "The name must have 1 to 80 characters"),
        ("x@example.com", None, "short", "10 to 200 characters"),
        ("x@example.com", None, "x" * 201, "10 to 200 characters"),
        ("x@example.com", None, "x" * 20 + "\0", "10 to 200 characters"),
        ("gone@example.com", None, PASSWORD, "is SUSPENDED"),
    ],
)
async def test_what_cannot_be_is_said_and_leaves_nothing(
    made: Installation, email: str, name: str | None, password: str, said: str
) -> None:
    await made.sql(
        """insert into user_account (display_name, email, status)
        values ('x', 'gone@example.com', 'SUSPENDED') on conflict do nothing"""
    )
    before = (
        await made.sql("select * from user_account order by id"),
        await made.sql("select * from audit_event"),
    )
    with pytest.raises(NotMade, match=said):
        await make_admin(made.url, email, name, lambda: password)
    assert before == (
        await made.sql("select * from user_account order by id"),
        await made.sql("select * from audit_event"),
    )
