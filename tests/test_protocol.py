"""A connection: what is answered arrives whole and in order, what takes too long or is too much ends, and
what is worked on for a client ends with the client.
"""

import asyncio
import json
import logging
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from server.protocol import Protocol
from tests.listening import BODIES, SECONDS, SMALL, Client, Listening, eventually, listening, request

PATHS = [path for path in BODIES if path not in ("/huge", "/endless")]
CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture(scope="module")
def server() -> Iterator[Listening]:
    with listening() as made:
        yield made


async def answers(server: Listening) -> bool:
    return (await server.ask(request("/short"))).body == BODIES["/short"][0]


# --- What arrives ---


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_comes_whole_and_in_order(server: Listening, path: str) -> None:
    async with server.connected() as client:
        for _ in range(3):
            client.send(request(path))
            answer = await client.answer()
            assert (answer.status, answer.body) == (200, b"".join(BODIES[path]))


async def test_requests_that_do_not_wait_for_answers(server: Listening) -> None:
    """Nor for their turn: much more is sent ahead than is kept, heads and bodies of both kinds."""
    body = b"y" * 5_000
    posted = request("/echo", f"Content-Length: {len(body)}", method="POST", body=body)
    chunked = request("/echo", CHUNKED, method="POST", body=b"1388\r\n" + body + b"\r\n0\r\n\r\n")
    async with server.connected() as client:
        for _ in range(10):
            client.send(*map(request, PATHS), posted, chunked)
        for _ in range(10):
            for path in PATHS:
                assert (await client.answer()).body == b"".join(BODIES[path])
            for _ in range(2):
                assert json.loads((await client.answer()).body)["body"] == body.decode()


async def test_head_and_body_of_a_short_answer_are_one_segment(server: Listening) -> None:
    async with server.connected() as client:
        client.send(request("/short"))
        first = await client.reader.read(100_000)
        assert first.endswith(BODIES["/short"][0])


async def test_the_last_answer_of_a_connection_is_written_before_it_closes(server: Listening) -> None:
    for last in (
        request("/large", "Connection: close"),
        request("/large", "Connection: keep-alive, Close"),
        request("/large", version="1.0"),
    ):
        async with server.connected() as client:
            client.send(last)
            answer = await client.answer()
            assert answer.body == BODIES["/large"][0]
            assert answer.fields["connection"] == "close"
            assert await client.closed()


async def test_what_follows_the_last_request_is_not_read(server: Listening) -> None:
    async with server.connected() as client:
        client.send(request("/short", "Connection: close"), request("/smuggled"), b"\0" * 100_000)
        assert (await client.answer()).status == 200
        assert await client.closed()
    assert "/smuggled" not in server.seen


async def test_what_a_request_says_reaches_the_application(server: Listening) -> None:
    fields = ["A: 1", "a:2 ", "B:", "C: \t\xe9 x", "Connection: upgrade", "Upgrade: websocket"]
    data = "\r\n".join(["PUT /echo%20%C3%A9/?a=%20b?c HTTP/1.1", "hOST: x:1", *fields, "", ""]).encode(
        "latin-1"
    )
    answer = json.loads((await server.ask(data)).body)
    assert answer["path"] == "/echo é/"
    assert answer["query"] == "a=%20b?c"
    assert (answer["method"], answer["version"], answer["body"]) == ("PUT", "1.1", "")
    assert answer["headers"] == [
        ["host", "x:1"],
        ["a", "1"],
        ["a", "2"],
        ["b", ""],
        ["c", "é x"],
        ["connection", "upgrade"],
        ["upgrade", "websocket"],
    ]


@pytest.mark.parametrize(
    ("fields", "body", "read"),
    [
        (["Content-Length: 3"], b"abc", "abc"),
        (["Content-Length: 003"], b"abc", "abc"),
        ([CHUNKED], b"3\r\nabc\r\n0\r\n\r\n", "abc"),
        ([CHUNKED], b"1;a=b\r\na\r\n00A;x\r\nbcdefghijk\r\n0\r\nTrailer: x\r\nB: y\r\n\r\n", "abcdefghijk"),
        ([CHUNKED], b"0\r\n\r\n", ""),
    ],
)
async def test_a_body_however_it_comes(server: Listening, fields: list[str], body: bytes, read: str) -> None:
    data = request("/echo", *fields, method="POST", body=body)
    async with server.connected() as client:
        # Whole, then in two pieces divided at many places; another request follows.
        for at in [len(data), *range(len(data) - len(body) - 3, len(data), 3)]:
            client.send(data[:at])
            if data[at:]:
                await asyncio.sleep(0.005)
                client.send(data[at:])
            assert json.loads((await client.answer()).body)["body"] == read
        client.send(request("/short"))
        assert (await client.answer()).body == BODIES["/short"][0]


async def test_an_empty_line_before_a_request_is_passed_over(server: Listening) -> None:
    async with server.connected() as client:
        for _ in range(2):
            client.send(b"\r\n", request("/short"))
            assert (await client.answer()).status == 200
            client.send(b"\r\n")
            await asyncio.sleep(0.01)
            client.send(request("/short"))
            assert (await client.answer()).status == 200


async def test_answers_without_a_body_or_without_a_length(server: Listening) -> None:
    async with server.connected() as client:
        for _ in range(2):
            client.send(request("/large", method="HEAD"))
            answer = await client.answer(bodiless=True)
            assert answer.fields["content-length"] == str(len(BODIES["/large"][0]))
            client.send(request("/nothing"))
            answer = await client.answer()
            assert answer.status == 204
            assert {"content-length", "transfer-encoding"}.isdisjoint(answer.fields)
            client.send(request("/unsized"))
            answer = await client.answer()
            assert (answer.body, answer.fields["transfer-encoding"]) == (b"onetwo", "chunked")
    old = await server.ask(request("/unsized", version="1.0"))
    assert (old.body, "transfer-encoding" in old.fields) == (b"onetwo", False)


async def test_a_client_that_waits_to_be_told_is_told_to_go_on(server: Listening) -> None:
    async with server.connected() as client:
        client.send(request("/echo", "Expect: 100-Continue", "Content-Length: 3", method="POST"))
        assert (await client.answer()).status == 100
        client.send(b"abc")
        assert json.loads((await client.answer()).body)["body"] == "abc"
        # Who does not wait needs no telling.
        client.send(request("/echo", "Expect: 100-continue", "Content-Length: 1", method="POST", body=b"a"))
        assert (await client.answer()).status == 200


@pytest.mark.parametrize(
    "path", ["/fail", "/injected?%0D%0A", "/injected?%0A", "/injected?%0D", "/injected?%00", "/liar"]
)
async def test_what_the_application_does_wrong_is_masked(
    server: Listening, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await server.ask(request(path))
    assert (answer.status, answer.code) == (500, "INTERNAL")
    assert b"secret" not in answer.body
    assert "set-cookie" not in answer.fields
    assert json.loads(answer.body)["errors"][0]["extensions"]["reference"] in caplog.text


# --- What takes too long ---


async def trickle(client: Client, data: bytes, seconds: float = 0.05) -> None:
    try:
        for byte in data:
            client.send(bytes([byte]))
            await asyncio.sleep(seconds)
    except ConnectionError:
        pass


@pytest.mark.parametrize("kept_alive", [False, True])
@pytest.mark.parametrize(
    "begun",
    [
        request("/short")[:-2],
        request("/echo", "Content-Length: 9"),
        request("/echo", CHUNKED, body=b"3\r\nab"),
    ],
    ids=["head", "body", "chunk"],
)
async def test_a_request_that_does_not_end(server: Listening, begun: bytes, kept_alive: bool) -> None:
    """Neither one that stops nor one that goes on a byte at a time."""
    for data, rest in ((begun, b""), (begun[:10], begun[10:] + b"a" * 100)):
        async with server.connected() as client:
            if kept_alive:
                client.send(request("/short"))
                await client.answer()
            began = time.monotonic()
            client.send(data)
            sending = asyncio.create_task(trickle(client, rest))
            answer = await client.answer()
            assert (answer.status, answer.code, answer.fields["connection"]) == (
                408,
                "REQUEST_TIMEOUT",
                "close",
            )
            assert b"0.4 seconds" in answer.body
            assert 0.35 < time.monotonic() - began < 3
            assert await client.closed()
            sending.cancel()
    assert await answers(server)


async def test_a_connection_that_is_not_used_is_closed(server: Listening) -> None:
    async with server.connected() as new, server.connected() as kept:
        kept.send(request("/short"))
        await kept.answer()
        began = time.monotonic()
        assert await new.closed()
        first = time.monotonic() - began
        assert await kept.closed()
        assert 0.3 < first < time.monotonic() - began
        assert 0.7 < time.monotonic() - began < 4


async def test_a_connection_in_use_stays(server: Listening) -> None:
    """Longer than any of the limits, which begin anew with each request."""
    async with server.connected() as client:
        for _ in range(6):
            client.send(request("/wait"))
            assert (await client.answer()).status == 200


async def test_a_client_that_takes_nothing_of_its_answer_is_cut_off() -> None:
    with listening() as server:
        memory, clients = psutil.Process().memory_info().rss, []
        for path in ("/huge", "/huge", "/endless"):
            client = socket.create_connection(("127.0.0.1", server.port))
            client.sendall(request(path) * 3)
            clients.append(client)
        assert await eventually(lambda: server.connections == 3)
        assert await eventually(lambda: server.connections == 0 and server.tasks == 0)
        assert server.seen.count("/huge") == 2
        assert psutil.Process().memory_info().rss - memory < 30_000_000
        for client in clients:
            client.close()


async def test_an_answer_in_pieces_waits_for_its_client(server: Listening) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(request("/endless"))
        assert await eventually(lambda: server.tasks == 1)
        await asyncio.sleep(0.2)
        waiting = [each.transport.get_write_buffer_size() for each in server.server.server_state.connections]
        assert max(waiting) < 200_000
        assert server.tasks == 1
    assert await eventually(lambda: server.connections == 0 and server.tasks == 0)


async def test_a_client_that_takes_its_answer_slowly_gets_all_of_it() -> None:
    """Each piece within the limit, all of them together in much more."""
    with listening(replace(SMALL, idle_seconds=2)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=10_000)
        try:
            writer.write(request("/huge"))
            await reader.readuntil(b"\r\n\r\n")
            left, began = len(BODIES["/huge"][0]), time.monotonic()
            while left:
                left -= len(await reader.readexactly(min(left, 2_000_000)))
                await asyncio.sleep(0.25)
            assert time.monotonic() - began > 2
            # Nor was it idle in the meantime.
            writer.write(request("/short"))
            assert (await reader.readuntil(b"xxx")).startswith(b"HTTP/1.1 200 ")
        finally:
            writer.close()


# --- What is too much ---


async def test_one_connection_too_many_is_told_to_come_back() -> None:
    with listening(replace(SMALL, connections=2, idle_seconds=SECONDS)) as server:
        async with server.connected() as first, server.connected() as second:
            for client in (first, second):
                client.send(request("/short"))
                await client.answer()
            for _ in range(3):
                async with server.connected() as third:
                    third.send(request("/short"))
                    answer = await third.answer()
                    assert (answer.status, answer.code) == (503, "UNAVAILABLE")
                    assert answer.fields["retry-after"] == "1"
                    assert await third.closed()
            first.send(request("/short"))
            assert (await first.answer()).status == 200
            second.writer.close()
            assert await eventually(lambda: server.connections == 1)
            assert await answers(server)


async def test_a_flood_of_connections_leaves_the_others_alone() -> None:
    with listening(replace(SMALL, connections=5, idle_seconds=SECONDS)) as server:
        async with server.connected() as client:
            client.send(request("/short"))
            await client.answer()
            flood = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(150)]
            client.send(request("/short"))
            assert (await client.answer()).status == 200
            # At most 5, and 100 that are told so.
            assert await eventually(lambda: server.connections <= 105, 0.5)
            for each in flood:
                each.close()
        assert await eventually(lambda: server.connections == 0)


async def test_what_is_sent_ahead_is_kept_to_a_little(server: Listening) -> None:
    """A client that only sends is not read on while its first request is worked on."""
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.setblocking(False)
        memory = psutil.Process().memory_info().rss
        sent, data = 0, request("/wait") * 10_000
        for _ in range(100):
            try:
                sent += client.send(data)
            except BlockingIOError:
                await asyncio.sleep(0.002)
        assert psutil.Process().memory_info().rss - memory < 30_000_000
        (held,) = [len(each._held) for each in server.server.server_state.connections if each._held]
        assert held < 600_000
    # Nor does what was sent ahead outlive its client for long.
    assert await eventually(lambda: server.connections == 0 and server.tasks == 0)


# --- When the client leaves, and when the server does ---


@pytest.mark.parametrize("reset", [False, True])
async def test_what_is_worked_on_ends_with_its_client(
    server: Listening, reset: bool, caplog: pytest.LogCaptureFixture
) -> None:
    server.seen.clear()
    caplog.set_level(logging.INFO)
    async with server.connected() as client:
        client.send(request("/wait"), request("/wait"))
        assert await eventually(lambda: server.tasks == 1)
        if reset:
            client.writer.transport.abort()
    assert await eventually(lambda: server.tasks == 0 and server.connections == 0)
    assert server.seen == ["/wait", "cancelled"]
    assert not caplog.records


async def test_a_client_that_leaves_at_once_leaves_nothing_behind(server: Listening) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(request("/wait"))
    assert await eventually(lambda: server.tasks == 0 and server.connections == 0)


async def test_a_client_that_leaves_before_its_request_has_begun() -> None:
    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("begun")

    configuration = uvicorn.Config(never, lifespan="off", log_config=None)
    configuration.load()
    state = ServerState()
    connection = Protocol(configuration, state, {})
    connection.connection_made(asyncio.Transport({"peername": ("::ffff:192.0.2.1", 9, 0, 0)}))
    assert connection.client == ("192.0.2.1", 9)
    connection.data_received(request("/"))
    (task,) = state.tasks
    connection.connection_lost(None)
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert not state.tasks
    assert not state.connections


async def test_what_follows_an_answer_goes_on_without_its_client(server: Listening) -> None:
    server.seen.clear()
    async with server.connected() as client:
        client.send(request("/after"))
        assert (await client.answer()).body == b"ok"
    assert await eventually(lambda: server.seen == ["/after", "done after"])


async def test_a_server_that_stops_finishes_what_it_works_on() -> None:
    with listening(replace(SMALL, idle_seconds=SECONDS, head_seconds=SECONDS)) as server:
        async with server.connected() as idle, server.connected() as begun, server.connected() as client:
            idle.send(request("/short"))
            await idle.answer()
            begun.send(request("/short")[:-2])
            client.send(request("/wait"), request("/late"))
            assert await eventually(lambda: server.tasks == 1)
            server.stop()
            assert await idle.closed() and await begun.closed()
            answer = await client.answer()
            assert (answer.status, answer.fields["connection"]) == (200, "close")
            assert await client.closed()
    assert "/late" not in server.seen


async def test_a_server_that_can_not_wait_tells_its_clients(caplog: pytest.LogCaptureFixture) -> None:
    with listening(timeout_graceful_shutdown=0.1) as server:
        async with server.connected() as client:
            client.send(request("/wait"))
            assert await eventually(lambda: server.tasks == 1)
            server.stop()
            answer = await client.answer()
            assert (answer.status, answer.code) == (503, "UNAVAILABLE")
    assert "Traceback" not in caplog.text


# --- Who the client is ---


@pytest.mark.parametrize(
    ("trusted", "forwarded", "client"),
    [
        ([], "203.0.113.9", "127.0.0.1"),
        (["10.0.0.0/8"], "203.0.113.9", "127.0.0.1"),
        (["127.0.0.0/8"], "203.0.113.9", "203.0.113.9"),
        (["127.0.0.1/32"], "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (["127.0.0.0/8", "10.0.0.0/8"], "6.6.6.6, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        (["127.0.0.0/8"], "203.0.113.9, ", "127.0.0.1"),
        (["127.0.0.0/8", "2001:db8::/32"], "203.0.113.9, 2001:db8::1", "203.0.113.9"),
    ],
)
async def test_an_address_is_believed_from_trusted_proxies_only(
    trusted: list[str], forwarded: str, client: str
) -> None:
    with listening(proxy_headers=bool(trusted), forwarded_allow_ips=trusted) as server:
        answer = await server.ask(request("/echo", f"X-Forwarded-For: {forwarded}"))
        assert json.loads(answer.body)["client"][0] == client
