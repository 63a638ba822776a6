"""A database with this checkout's migrations, one for each worker, for everything that only reads it."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from server.config import ROOT
from server.contract.tree import migrated_database
from tests.contract.checkouts import copy_of_checkout


@pytest.fixture(scope="session")
async def migrated(services: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    async with migrated_database(services["DATABASE_DIRECT_URL"], ROOT) as connection:
        yield connection


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of this checkout that the test may break."""
    return copy_of_checkout(tmp_path)
