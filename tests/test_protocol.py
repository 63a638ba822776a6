"""One write for the head and body of an answer; whatever is written arrives, on a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from server.protocol import LARGEST_HELD, OneWrite, Protocol

# What the application writes as its body, by the path that is asked for.
BODIES = {
    "/short": [b"x" * 30],
    "/empty": [b""],
    "/pieces": [b"a" * 10, b"b" * 20, b"", b"c" * 30],
    "/large": [b"x" * (LARGEST_HELD + 1)],
    "/mixed": [b"a", b"b" * 1_000_000, b"c", b"d" * LARGEST_HELD, b"e"],
}


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    pieces = BODIES[scope["path"]]
    length = str(sum(map(len, pieces))).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    for number, piece in enumerate(pieces, 1):
        await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    configuration = uvicorn.Config(application, http=Protocol, port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(configuration)
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110  # uvicorn tells nobody
                await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4_000_000)
        try:
            yield reader, writer
        finally:
            writer.close()
    finally:
        server.should_exit = True
        await serving


def request(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


async def answer(reader: asyncio.StreamReader) -> bytes:
    """The body of the next answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    return await reader.readexactly(length)


class Written(asyncio.Transport):
    """A transport that keeps what is written, and whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.closed = True


LARGE = b"x" * (LARGEST_HELD + 1)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ([b"head", b"body"], [b"headbody"]),
        ([b"head", b"body", b"head", b"body"], [b"headbody", b"headbody"]),
        ([b"head", LARGE], [b"head", LARGE]),
        ([LARGE, b"more"], [LARGE, b"more"]),
        ([b"alone"], [b"alone"]),
    ],
)
async def test_two_short_writes_of_a_turn_are_one(written: list[bytes], expected: list[bytes]) -> None:
    transport = Written()
    together = OneWrite(transport, asyncio.get_running_loop())
    for data in written:
        together.write(data)
    await asyncio.sleep(0)
    assert transport.writes == expected


async def test_what_is_held_is_written_before_the_transport_closes() -> None:
    transport = Written()
    together = OneWrite(transport, asyncio.get_running_loop())
    together.write(b"last")
    together.close()
    await asyncio.sleep(0)
    assert (transport.writes, transport.closed) == ([b"last"], True)


@pytest.mark.parametrize("path", BODIES)
async def test_every_answer_comes_whole_and_in_order(path: str) -> None:
    async with connected() as (reader, writer), asyncio.timeout(10):
        for _ in range(3):
            writer.write(request(path))
            assert await answer(reader) == b"".join(BODIES[path])


async def test_requests_that_do_not_wait_for_answers() -> None:
    async with connected() as (reader, writer), asyncio.timeout(10):
        writer.write(b"".join(request(path) for path in [*BODIES, *BODIES]))
        for path in [*BODIES, *BODIES]:
            assert await answer(reader) == b"".join(BODIES[path])


async def test_the_last_answer_of_a_connection_is_written_before_it_closes() -> None:
    async with connected() as (reader, writer), asyncio.timeout(10):
        writer.write(request("/short", "Connection: close"))
        assert await answer(reader) == BODIES["/short"][0]
        assert await reader.read() == b""
