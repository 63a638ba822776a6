"""A server of small limits on a real socket, as `./dwelzo up` runs it (uvloop, uvicorn, our protocol), with
an application that does what its path says; and a client that sends bytes.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

import uvicorn
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from server.protocol import Limits, protocol_within
from server.protocol.exchange import LARGEST_COPIED

SECONDS = 10.0
SMALL = Limits(
    head_bytes=2_000,
    body_bytes=20_000,
    head_seconds=0.4,
    body_seconds=0.4,
    write_seconds=0.4,
    idle_seconds=0.8,
    connections=200,
)
# What the application writes as its body, by the path that is asked for.
BODIES = {
    "/short": [b"x" * 30],
    "/empty": [b""],
    "/pieces": [b"a" * 10, b"b" * 20, b"", b"c" * 30],
    "/large": [b"x" * (LARGEST_COPIED + 1)],
    "/mixed": [b"a", b"b" * 1_000_000, b"c", b"d" * LARGEST_COPIED, b"e"],
    "/huge": [b"x" * 30_000_000],
    "/endless": [b"x" * 50_000] * 1_000,
}


@dataclass
class Listening:
    """The server, and what its application has seen."""

    port: int
    server: uvicorn.Server
    seen: list[str] = field(default_factory=list)

    @property
    def connections(self) -> int:
        return len(self.server.server_state.connections)

    @property
    def tasks(self) -> int:
        return len(self.server.server_state.tasks)

    def stop(self) -> None:
        self.server.should_exit = True

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["Client"]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=4_000_000)
        try:
            async with asyncio.timeout(SECONDS):
                yield Client(reader, writer)
        finally:
            writer.close()

    async def ask(self, data: bytes) -> "Answer":
        """The first answer to these bytes, on a connection of their own."""
        async with self.connected() as client:
            client.send(data)
            return await client.answer()


@dataclass
class Answer:
    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        (error,) = json.loads(self.body)["errors"]
        return str(error["extensions"]["code"])


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, *data: bytes) -> None:
        self.writer.write(b"".join(data))

    async def answer(self, *, bodiless: bool = False) -> Answer:
        """The next answer."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        line, *lines = head.rstrip().split("\r\n")
        fields = dict(each.lower().split(": ", 1) for each in lines)
        status = int(line.split(" ")[1])
        if bodiless or status < 200 or status in (204, 304):
            body = b""
        elif "content-length" in fields:
            body = await self.reader.readexactly(int(fields["content-length"]))
        elif "transfer-encoding" in fields:
            body = b"".join([chunk async for chunk in self._chunks()])
        else:
            body = await self.reader.read()
        return Answer(status, fields, body)

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self.reader.readline(), 16):
            yield await self.reader.readexactly(size)
            assert await self.reader.readexactly(2) == b"\r\n"
        assert await self.reader.readexactly(2) == b"\r\n"

    async def closed(self) -> bool:
        """Whether nothing but the end of the connection comes."""
        try:
            return await self.reader.read(1) == b""
        except ConnectionError:
            return True


def request(path: str, *fields: str, method: str = "GET", version: str = "1.1", body: bytes = b"") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: x", *fields, "", ""]).encode() + body


class _Application:
    def __init__(self) -> None:
        self.seen: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        self.seen.append(path)
        received = await receive()
        if path == "/wait":
            try:
                await asyncio.sleep(0.5)
            except asyncio.CancelledError:
                self.seen.append("cancelled")
                raise
        elif path == "/fail":
            raise RuntimeError("a secret")
        elif path == "/injected":
            await _send(
                send,
                [(b"location", b"/" + unquote_to_bytes(scope["query_string"]) + b"set-cookie: a=b")],
                [b""],
            )
        elif path == "/liar":
            await _send(send, [(b"content-length", b"5")], [b"123456"])
        elif path == "/nothing":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
            return
        elif path == "/unsized":
            await _send(send, [], [b"one", b"", b"two"])
            return
        elif path == "/after":
            await _send(send, [(b"content-length", b"2")], [b"ok"])
            assert (await receive())["type"] == "http.disconnect"
            await asyncio.sleep(0.2)
            self.seen.append("done after")
            return
        elif path == "/left":
            assert (await receive())["type"] == "http.disconnect"
        bodies = BODIES.get(path) or [
            json.dumps(
                {
                    "method": scope["method"],
                    "path": path,
                    "query": scope["query_string"].decode(),
                    "version": scope["http_version"],
                    "client": scope["client"],
                    "scheme": scope["scheme"],
                    "headers": [[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]],
                    "body": received["body"].decode("latin-1"),
                }
            ).encode()
        ]
        await _send(send, [(b"content-length", str(sum(map(len, bodies))).encode())], bodies)


async def _send(send: Send, headers: list[tuple[bytes, bytes]], pieces: list[bytes]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for number, piece in enumerate(pieces, 1):
        await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})


@contextmanager
def listening(
    limits: Limits = SMALL, application: ASGIApp | None = None, **options: Any
) -> Iterator[Listening]:
    """The server in a thread of its own, with an event loop of its own, from its start to its end."""
    ours = _Application()
    given = {"lifespan": "off", "proxy_headers": False, "timeout_graceful_shutdown": 5} | options
    configuration = uvicorn.Config(
        application or ours,
        http=protocol_within(limits),
        port=0,
        ws="none",
        log_config=None,
        access_log=False,
        **given,
    )
    server = uvicorn.Server(configuration)
    thread = threading.Thread(target=uvloop.run, args=(server.serve(),))
    thread.start()
    try:
        while not server.started and thread.is_alive():
            threading.Event().wait(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Listening(port, server, ours.seen)
    finally:
        server.should_exit = True
        thread.join(SECONDS)
        assert not thread.is_alive()


async def eventually(condition: Callable[[], bool | Awaitable[bool]], seconds: float = SECONDS) -> bool:
    """Whether it becomes true."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return True
            await asyncio.sleep(0.02)
