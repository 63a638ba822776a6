"""What all tests stand on: the real services, started once a run, and databases that are copies of one.

One PostgreSQL, Valkey and S3 serve all xdist workers. The first that needs it makes a template database with
all migrations and the sample; a copy of it takes a tenth of a second, so that a test that writes has its own.
"""

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from server.embedded import Embedded
from server.ingest.sample import load_sample
from server.migrations import migrate
from tests.asking import Installation, installation, on_database
from tests.market import Market, furnish

pytest_plugins = ["tests.plugin_needs"]

TEMPLATE = "sample_template"
_RUNNING = pytest.StashKey[tuple[Embedded, tempfile.TemporaryDirectory[str]]]()
_ENVIRONMENT = pytest.StashKey[dict[str, str]]()


def _services(config: pytest.Config) -> dict[str, str]:
    if _ENVIRONMENT not in config.stash:
        # Under /tmp, whose path is short enough for a socket.
        folder = tempfile.TemporaryDirectory(prefix="dwelzo-test-")
        embedded = Embedded(Path(folder.name), durable=False)
        config.stash[_ENVIRONMENT] = embedded.start()
        config.stash[_RUNNING] = embedded, folder
    return config.stash[_ENVIRONMENT]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: pytest.Session) -> None:
    """xdist: the process that hands out the tests keeps the services for its workers."""
    node.workerinput["services"] = _services(node.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _RUNNING in config.stash:
        embedded, folder = config.stash[_RUNNING]
        embedded.stop()
        folder.cleanup()


@pytest.fixture(scope="session")
def services(pytestconfig: pytest.Config) -> dict[str, str]:
    """The settings under which the services are reached."""
    given = getattr(pytestconfig, "workerinput", {}).get("services")
    return given or _services(pytestconfig)


@pytest.fixture(scope="session")
async def template(services: dict[str, str]) -> str:
    """The name of the database that all others are copies of."""
    url = services["DATABASE_DIRECT_URL"]
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("select pg_advisory_lock(1)")
        if not await connection.fetchval("select true from pg_database where datname = $1", TEMPLATE):
            await connection.execute("create database unfinished")
            await migrate(on_database(url, "unfinished"))
            await load_sample(on_database(url, "unfinished"))
            await connection.execute(f"alter database unfinished rename to {TEMPLATE}")
    finally:
        await connection.close()
    return TEMPLATE


NewInstallation = Callable[[], AbstractAsyncContextManager[Installation]]


@pytest.fixture(scope="session")
def new_installation(services: dict[str, str], template: str, worker_id: str) -> NewInstallation:
    """Makes an installation with a database of its own, gone afterwards."""
    numbers = count(1)

    @asynccontextmanager
    async def make() -> AsyncIterator[Installation]:
        name = f"{worker_id}_{next(numbers)}"
        connection = await asyncpg.connect(services["DATABASE_DIRECT_URL"])
        async with AsyncExitStack() as stack:
            stack.push_async_callback(connection.close)
            await connection.execute(f"create database {name} template {template} strategy file_copy")
            stack.push_async_callback(connection.execute, f"drop database {name} with (force)")
            yield await stack.enter_async_context(installation(services, name))

    return make


@pytest.fixture(scope="session")
async def sample(new_installation: NewInstallation) -> AsyncIterator[Installation]:
    """An installation over the sample, shared by the tests of a worker: for tests that only read."""
    async with new_installation() as made:
        yield made


@pytest.fixture(scope="session")
def ask(sample: Installation) -> Callable[..., object]:
    """Asks the sample, without a token: `assert await ask("PropertyById", id=…) == {…}`."""
    return sample.ask


@pytest.fixture(scope="session")
async def market(new_installation: NewInstallation) -> AsyncIterator[Market]:
    """An installation over the sample and the rows of `tests.market`: for tests that only read."""
    async with new_installation() as made:
        yield Market(made, await furnish(made))


@pytest.fixture
async def own(new_installation: NewInstallation) -> AsyncIterator[Installation]:
    """An installation of the test's own, which it may write to and break."""
    async with new_installation() as made:
        yield made
