"""Passwords: Argon2id, away from the event loop and few at a time, as each takes 20 ms and 19 MB."""

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.errors import Overloaded

T = TypeVar("T")

SHORTEST, LONGEST = 10, 200
AT_ONCE, MOST_WAITING = 2, 50


class Passwords:
    """Hashes and verifies. UNAVAILABLE for one more than may wait."""

    def __init__(self) -> None:
        # What OWASP asks for at the least, where memory is dear.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._threads: ThreadPoolExecutor | None = None
        self._waiting = 0

    def close(self) -> None:
        """It may be used again."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    async def hash(self, password: str) -> str:
        """PHC's string format."""
        return await self._run(self._hash, password)

    async def verify(self, password: str, hash: str | None) -> bool:
        """Whether it is the password; without a hash it never is, and takes as long to find out."""
        return await self._run(self._verify, password, hash)

    def is_outdated(self, hash: str) -> bool:
        """Whether it is hashed otherwise than today."""
        return self._hasher.check_needs_rehash(hash)

    def _hash(self, password: str) -> str:
        return self._hasher.hash(_normal(password))

    def _verify(self, password: str, hash: str | None) -> bool:
        try:
            self._hasher.verify(hash or self._nobodys, _normal(password))
        except (VerificationError, InvalidHashError):
            return False
        return hash is not None

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(secrets.token_bytes(32))

    async def _run(self, function: Callable[..., T], *arguments: Any) -> T:
        if self._waiting >= MOST_WAITING:
            raise Overloaded("As many passwords are looked at as can be. Try again in a second.")
        if self._threads is None:
            self._threads = ThreadPoolExecutor(AT_ONCE, "argon2")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)
        finally:
            self._waiting -= 1


def _normal(password: str) -> str:
    """One form for each text that looks the same, however a keyboard wrote it."""
    return unicodedata.normalize("NFKC", password)
