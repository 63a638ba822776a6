"""Documents that are asked for by their SHA-256 instead of their text.

Those of the manifests are known from the start; where only they are trusted, nothing else is answered. Else a
client may teach the server a document by sending text and hash together once ("automatic persisted queries"):
it is kept in Redis for a day after its last use, so that all processes know it, and in this process.
"""

import hashlib
import time
from collections.abc import Iterable, Mapping
from math import inf
from pathlib import Path
from typing import NamedTuple

import orjson
from graphql import DocumentNode, GraphQLSyntaxError, concat_ast, parse, print_ast, separate_operations

from server.config import ConfigurationError
from server.errors import PersistedQueryNotFound
from server.recent import Recent
from server.redis import AWAY, Redis

MOST_LEARNED = 1_000
# In bytes; and how many a minute a process writes to Redis, which has other things to keep: an application is
# learned whole in a minute, and who makes documents up fills nothing.
LARGEST_LEARNED, MOST_WRITTEN = 10_000, 100
KEPT_SECONDS = 86_400
# How seldom a process tells Redis that a document is still used: four times before it would be forgotten.
RENEWED_SECONDS = KEPT_SECONDS / 4
_KEPT = KEPT_SECONDS * 1_000
_KEY = "dwelzo:document:%s"


def normal_form(document: DocumentNode) -> str:
    """A document without what is of no meaning: comments, blanks, the order of its definitions."""
    printed = sorted(document.definitions, key=lambda each: (each.kind, print_ast(each)))
    return print_ast(DocumentNode(definitions=tuple(reversed(printed))))


def manifest(texts: Iterable[str]) -> dict[str, str]:
    """Each operation of the texts with the fragments that it needs, by its hash."""
    whole = concat_ast([parse(text, no_location=True) for text in texts])
    documents = map(normal_form, separate_operations(whole).values())
    return {digest(document): document for document in documents}


def digest(text: str) -> str:
    """The SHA-256 of a document, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_manifests(paths: Iterable[Path]) -> dict[str, str]:
    """The documents of the manifests by their hashes: JSON objects of `{"<sha256>": "<document>"}`, the hash
    with or without `sha256:` before it. ConfigurationError for one that cannot be used.
    """
    known: dict[str, str] = {}
    for path in paths:
        try:
            documents = orjson.loads(path.read_bytes())
            for id, text in documents.items():
                if digest(text) != id.removeprefix("sha256:"):
                    raise ValueError(f"{id[:80]!r} is not the SHA-256 of its document")
                parse(text, no_location=True)
                known[digest(text)] = text
        except (OSError, ValueError, AttributeError, TypeError, GraphQLSyntaxError) as error:
            cure = "give files such as ./dwelzo generate writes to generated/trusted_documents.json"
            raise ConfigurationError([f"TRUSTED_DOCUMENTS names {path}: {error}; {cure}."]) from None
    return known


class _Learned(NamedTuple):
    """A document, and when this process last told Redis of it, on the clock that only goes forward."""

    text: str
    told: float


class PersistedDocuments:
    """The documents that are known by their hashes; `redis` is None where no other may be learned."""

    def __init__(
        self, known: Mapping[str, str], redis: Redis | None, renewed_seconds: float = RENEWED_SECONDS
    ) -> None:
        self._known = known
        self._redis = redis
        self._renewed_seconds = renewed_seconds
        self._learned: Recent[str, _Learned] = Recent(MOST_LEARNED)
        self._minute = self._written = 0

    async def text(self, id: str) -> str:
        """The document of a hash; PERSISTED_QUERY_NOT_FOUND where the client has to send it."""
        if (text := self._known.get(id)) is not None:
            return text
        learned = self._learned.get(id)
        if self._redis is not None:
            if learned is None:
                found = await self._redis.get(_KEY % id)
                # While Redis is away, the client sends what this process has not learned by itself.
                if found is not AWAY and found is not None:
                    learned = _Learned(found.decode(), -inf)
            if learned is not None and time.monotonic() - learned.told >= self._renewed_seconds:
                self._learned.keep(id, learned._replace(told=time.monotonic()))
                if await self._redis.pexpire(_KEY % id, _KEPT) is False:
                    await self._write(self._redis, id, learned.text)
        if learned is None:
            raise PersistedQueryNotFound("PersistedQueryNotFound")
        return learned.text

    async def learn(self, id: str, text: str) -> None:
        """Keeps a document that has proved to be valid."""
        if self._redis is None or id in self._known or self._learned.get(id) is not None:
            return
        if len(text.encode()) > LARGEST_LEARNED:
            return
        self._learned.keep(id, _Learned(text, time.monotonic()))
        await self._write(self._redis, id, text)

    async def _write(self, redis: Redis, id: str, text: str) -> None:
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._written = minute, 0
        if self._written >= MOST_WRITTEN:
            return
        self._written += 1
        await redis.set(_KEY % id, text, px=_KEPT)
