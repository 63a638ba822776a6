"""What all tests stand on: the real services, started once a run, and databases that are copies of one.

One PostgreSQL, Valkey and S3 serve all xdist workers. The first that needs it makes a template database with
all migrations and the sample; a copy of it takes a tenth of a second, so that a test that writes has its own.
"""

import json
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from server.embedded import Embedded
from server.embedded.state import passing_folder
from server.ingest.sample import load_sample
from server.migrations import migrate
from tests.asking import Application, Installation, on_database
from tests.market import Market, furnish
from tests.valkeys import Valkeys

pytest_plugins = ["tests.plugin_needs"]

TEMPLATE = "sample_template"
# server/contract/mutate.py runs the tests a thousand times: it starts the services once, and names them here.
SERVICES = "DWELZO_TEST_SERVICES"
# Tests run beside each other on a busy machine, where a second may pass before a healthy service answers.
PATIENT = {"READINESS_SECONDS_MAX": "20"}
_RUNNING = pytest.StashKey[tuple[Embedded, tempfile.TemporaryDirectory[str]]]()
_ENVIRONMENT = pytest.StashKey[dict[str, str]]()
_FOLDER = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def _services(config: pytest.Config) -> dict[str, str]:
    if SERVICES in os.environ:
        given: dict[str, str] = json.loads(os.environ[SERVICES])
        return given
    if _ENVIRONMENT not in config.stash:
        folder = passing_folder("dwelzo-test-")
        embedded = Embedded(Path(folder.name), durable=False)
        config.stash[_ENVIRONMENT] = embedded.start() | PATIENT
        config.stash[_RUNNING] = embedded, folder
    return config.stash[_ENVIRONMENT]


def pytest_configure(config: pytest.Config) -> None:
    """The folders of tests pass with them."""
    if config.option.basetemp is None and not hasattr(config, "workerinput"):
        config.stash[_FOLDER] = folder = passing_folder("pytest-")
        # Root's PostgreSQL is another user, who passes through.
        os.chmod(folder.name, 0o711)
        config.option.basetemp = f"{folder.name}/t"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: pytest.Session) -> None:
    """xdist: the process that hands out the tests keeps the services for its workers."""
    node.workerinput["services"] = _services(node.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _RUNNING in config.stash:
        embedded, folder = config.stash[_RUNNING]
        embedded.stop()
        folder.cleanup()
    if _FOLDER in config.stash:
        config.stash[_FOLDER].cleanup()


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


Run = Callable[[Application], AbstractAsyncContextManager[Installation]]


@pytest.fixture(scope="session")
def run(services: dict[str, str], template: str) -> Run:
    """Runs an application over a new copy of the template, gone afterwards."""

    @asynccontextmanager
    async def run(application: Application) -> AsyncIterator[Installation]:
        connection = await asyncpg.connect(services["DATABASE_DIRECT_URL"])
        try:
            await connection.execute(
                f"create database {application.database} template {template} strategy file_copy"
            )
            async with application.running() as installation:
                yield installation
            await connection.execute(f"drop database {application.database} with (force)")
        finally:
            await connection.close()

    return run


@pytest.fixture(scope="session")
async def sample(run: Run, services: dict[str, str], worker_id: str) -> AsyncIterator[Installation]:
    """An installation over the sample, shared by the tests of a worker: for tests that only read."""
    async with run(Application(services, f"{worker_id}_sample")) as made:
        yield made


@pytest.fixture(scope="session")
async def market(run: Run, services: dict[str, str], worker_id: str) -> AsyncIterator[Market]:
    """An installation over the sample and the rows of `tests.market`: for tests that only read."""
    async with run(Application(services, f"{worker_id}_market")) as made:
        yield Market(made, await furnish(made))


@pytest.fixture(scope="session")
def application(services: dict[str, str], worker_id: str) -> Application:
    """The application that `own` starts anew for each test; to build it takes longer than to start it."""
    return Application(services, f"{worker_id}_own")


@pytest.fixture
async def own(run: Run, application: Application) -> AsyncIterator[Installation]:
    """An installation over a database of the test's own, which it may write to and break."""
    async with run(application) as made:
        yield made


@pytest.fixture
def valkey() -> Iterator[Valkeys]:
    """A Valkey that the test may take away."""
    with tempfile.TemporaryDirectory(prefix="dwelzo-valkey-") as folder:
        valkey = Valkeys(Path(folder))
        valkey.start()
        yield valkey
        valkey.close()


@pytest.fixture(scope="session")
def ask(sample: Installation) -> Callable[..., object]:
    """Asks the sample, without a token: `assert await ask("PropertyById", id=…) == {…}`."""
    return sample.ask
