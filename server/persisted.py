"""Documents that are asked for by their SHA-256 instead of their text.

Those of the manifests are known from the start; where only they are trusted, nothing else is answered. Else a
client may teach the server a document by sending text and hash together once ("automatic persisted queries"):
it is kept in Redis for a day, so that all processes know it, and in this process.
"""

import hashlib
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

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


class PersistedDocuments:
    """The documents that are known by their hashes; `redis` is None where no other may be learned."""

    def __init__(self, known: Mapping[str, str], redis: Redis | None) -> None:
        self._known = known
        self._redis = redis
        self._learned: Recent[str, str] = Recent(MOST_LEARNED)
        self._minute = self._written = 0

    async def text(self, id: str) -> str:
        """The document of a hash; PERSISTED_QUERY_NOT_FOUND where the client has to send it."""
        text = self._known.get(id) or self._learned.get(id)
        if text is None and self._redis is not None:
            found = await self._redis.get(_KEY % id)
            # While Redis is away, the client sends what this process has not learned by itself.
            if found is not AWAY and found is not None:
                text = self._learned.keep(id, found.decode())
        if text is None:
            raise PersistedQueryNotFound("PersistedQueryNotFound")
        return text

    async def learn(self, id: str, text: str) -> None:
        """Keeps a document that has proved to be valid."""
        if self._redis is None or id in self._known or self._learned.get(id) is not None:
            return
        content = text.encode()
        if len(content) > LARGEST_LEARNED:
            return
        self._learned.keep(id, text)
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._written = minute, 0
        if self._written >= MOST_WRITTEN:
            return
        self._written += 1
        await self._redis.set(_KEY % id, content, px=KEPT_SECONDS * 1_000)
