"""GraphQL over HTTP: the 61 audits of the npm package `graphql-http`, against the server as in production."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.config import ROOT, state_folder
from server.web_build import Build
from tests.asking import Application
from tests.conftest import Run
from tests.serving import serving

AUDITS = ROOT / "tests" / "audits"
SECONDS = 120


@pytest.fixture(scope="module")
async def address(services: dict[str, str], run: Run, worker_id: str) -> AsyncIterator[str]:
    application = Application(services, f"{worker_id}_audited", "composed")
    async with run(application), serving(application.asgi) as address:
        yield address


async def _run(*command: str, cwd: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(SECONDS):
        output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output.decode()


async def test_all_audits_of_graphql_over_http_pass(address: str) -> None:
    node, npm = await asyncio.to_thread(Build(ROOT, state_folder()).node, lambda _: None)
    with tempfile.TemporaryDirectory() as folder:
        for file in [*AUDITS.iterdir(), ROOT / ".npmrc"]:
            shutil.copy(file, folder)
        await _run(
            *npm, "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", cwd=Path(folder)
        )
        audits = json.loads(await _run(str(node), "audit.js", f"{address}/graphql", cwd=Path(folder)))
    assert len(audits) == 61
    assert [audit for audit in audits if audit["status"] != "ok"] == []
