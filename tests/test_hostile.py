"""Requests that nobody sends by mistake: each is refused, in a few words that hold nothing of it, and the
server goes on as before.
"""

import asyncio
import gc
import json
import logging
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.listening import Answer, Client, Listening, eventually, listening, request

MARK = b"m4rk"
POST = b"POST /m4rk HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
SMUGGLED = request("/smuggled")


def get(*lines: bytes) -> bytes:
    return b"\r\n".join([b"GET /m4rk HTTP/1.1", b"Host: x", *lines, b"", b""])


HOSTILE: dict[str, tuple[bytes, int]] = {
    # Two readings of where a body ends.
    "TE and CL": (POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, 400),
    "CL and TE": (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n" + SMUGGLED, 400),
    "two CL": (POST + b"Content-Length: 0\r\nContent-Length: 9\r\n\r\n" + SMUGGLED, 400),
    "two equal CL": (POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    "CL list": (POST + b"Content-Length: 3, 3\r\n\r\nabc", 400),
    "negative CL": (POST + b"Content-Length: -1\r\n\r\n", 400),
    "plus CL": (POST + b"Content-Length: +3\r\n\r\nabc", 400),
    "hex CL": (POST + b"Content-Length: 0x3\r\n\r\nabc", 400),
    "spaced CL": (POST + b"Content-Length: 1 0\r\n\r\n" + b"a" * 10, 400),
    "underscored CL": (POST + b"Content-Length: 1_0\r\n\r\n" + b"a" * 10, 400),
    "superscript CL": (POST + b"Content-Length: \xb2\r\n\r\naa", 400),
    "empty CL": (POST + b"Content-Length:\r\n\r\n", 400),
    "fractional CL": (POST + b"Content-Length: 3.0\r\n\r\nabc", 400),
    "endless CL": (POST + b"Content-Length: " + b"9" * 500 + b"\r\n\r\n", 400),
    "CL beyond 64 bits": (POST + b"Content-Length: 18446744073709551616\r\n\r\n", 400),
    "two TE": (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "two TE, one unknown": (
        POST + b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "TE identity": (POST + b"Transfer-Encoding: identity\r\n\r\n" + SMUGGLED, 400),
    "TE gzip, chunked": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    "TE chunked, identity": (POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
    "TE chunked, chunked": (POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    "TE xchunked": (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    "TE quoted": (POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n', 400),
    "TE with vertical tab": (POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400),
    "TE parameter": (POST + b"Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", 400),
    "TE empty": (POST + b"Transfer-Encoding:\r\n\r\n", 400),
    "TE with space before colon": (POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    "TE folded": (POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400),
    "TE in HTTP/1.0": (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    # Which host.
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (get(b"Host: x"), 400),
    "two hosts in HTTP/1.0": (b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "empty host": (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    "host with user": (b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
    "host with path": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "host with space": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "host with odd port": (b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400),
    "host list": (b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
    # Whose meaning depends on which is read.
    "two authorizations": (get(b"Authorization: a", b"Authorization: b"), 400),
    "two content types": (get(b"Content-Type: a", b"Content-Type: b"), 400),
    # Lines.
    "bare LF": (b"GET / HTTP/1.1\nHost: x\n\n", 400),
    "bare LF after the first line": (b"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400),
    "bare LF at the end": (b"GET / HTTP/1.1\r\nHost: x\r\n\n", 400),
    "bare CR": (get(b"A: b\rContent-Length: 3"), 400),
    "only CR": (b"GET / HTTP/1.1\rHost: x\r\r", 400),
    "CR CR LF": (b"GET / HTTP/1.1\r\r\nHost: x\r\n\r\n", 400),
    "folded line": (get(b"A: b", b" c"), 400),
    "folded with tab": (get(b"A: b", b"\tc"), 400),
    "folded first line": (b"GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400),
    "space before colon": (get(b"A : b"), 400),
    "tab before colon": (get(b"A\t: b"), 400),
    "space in name": (get(b"A b: c"), 400),
    "no colon": (get(b"Abc"), 400),
    "no name": (get(b": b"), 400),
    "NUL in value": (get(b"A: b\0c"), 400),
    "NUL in name": (get(b"A\0: b"), 400),
    "NUL in target": (b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "control in value": (get(b"A: \x1b[31m"), 400),
    "DEL in value": (get(b"A: \x7f"), 400),
    "eight bits in name": (get(b"\xc3\xa9: a"), 400),
    "quotes in name": (get(b'"a": b'), 400),
    "two empty lines before": (b"\r\n\r\n" + get(), 400),
    # First lines.
    "HTTP/0.9": (b"GET /\r\n", 400),
    "HTTP/0.9 with LF": (b"GET /\n", 400),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\nHost: x\r\n\r\n", 400),
    "HTTP/2.0": (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400),
    "HTTP/01.1": (b"GET / HTTP/01.1\r\nHost: x\r\n\r\n", 400),
    "http/1.1": (b"GET / http/1.1\r\nHost: x\r\n\r\n", 400),
    "HTTP/1.1 with more": (b"GET / HTTP/1.1 x\r\nHost: x\r\n\r\n", 400),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 300, 400),
    "SSH": (b"SSH-2.0-OpenSSH_9.2\r\n", 400),
    "garbage": (bytes(range(256)), 400),
    "absolute form": (b"GET http://evil/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "authority form": (b"CONNECT evil:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "asterisk form": (b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "no slash": (b"GET m4rk HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "fragment": (b"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "space in target": (b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "tab between": (b"GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "space before": (b" GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "eight bits in target": (b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "no method": (b" / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "method that is none": (b"G{T / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    # Chunks.
    "chunk size with minus": (CHUNKED + b"-1\r\n\r\n", 400),
    "chunk size with plus": (CHUNKED + b"+1\r\na\r\n0\r\n\r\n", 400),
    "chunk size with 0x": (CHUNKED + b"0x1\r\na\r\n0\r\n\r\n", 400),
    "chunk size with underscore": (CHUNKED + b"1_0\r\n" + b"a" * 16 + b"\r\n0\r\n\r\n", 400),
    "chunk size with space": (CHUNKED + b"1 \r\na\r\n0\r\n\r\n", 400),
    "no chunk size": (CHUNKED + b"\r\na\r\n0\r\n\r\n", 400),
    "chunk size of many digits": (CHUNKED + b"0" * 20 + b"1\r\na\r\n0\r\n\r\n", 400),
    "chunk size beyond 32 bits": (CHUNKED + b"100000001\r\na\r\n0\r\n\r\n", 400),
    "chunk with LF": (CHUNKED + b"1\na\n0\n\n", 400),
    "chunk size with LF": (CHUNKED + b"1\na\r\n0\r\n\r\n", 400),
    "chunk that is longer": (CHUNKED + b"1\r\nabc\r\n0\r\n\r\n", 400),
    "chunk that ends with LF": (CHUNKED + b"3\r\nabc\n0\r\n\r\n", 400),
    "NUL in an extension": (CHUNKED + b"1;a=\0\r\na\r\n0\r\n\r\n", 400),
    "CR in an extension": (CHUNKED + b"1;a\rb\r\na\r\n0\r\n\r\n", 400),
    "long extension": (CHUNKED + b"1;" + b"a" * 3_000, 400),
    "many extensions": (CHUNKED + (b"1;" + b"a" * 200 + b"\r\nb\r\n") * 20, 400),
    "bad trailer": (CHUNKED + b"0\r\nA : b\r\n\r\n", 400),
    "trailer with LF": (CHUNKED + b"0\r\nA: b\n\r\n", 400),
    "long trailer": (CHUNKED + b"0\r\nA: " + b"b" * 3_000, 400),
    "many trailers": (CHUNKED + b"0\r\n" + b"A: b\r\n" * 1_000 + b"\r\n", 400),
    "tiny chunks": (CHUNKED + b"1\r\na\r\n" * 2_000, 400),
    # Too much.
    "long target": (b"GET /" + b"m4rk" * 600 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
    "long field": (get(b"A: " + b"m4rk" * 600), 431),
    "long field without end": (get()[:-2] + b"A: " + b"b" * 100_000, 431),
    "long method": (b"A" * 3_000, 431),
    "many fields": (get(*[b"a:"] * 150), 431),
    "large body": (POST + b"Content-Length: 20001\r\n\r\n", 413),
    "huge body": (POST + b"Content-Length: 9999999999999999999\r\n\r\n", 413),
    "large chunk": (CHUNKED + b"4e21\r\n", 413),
    "huge chunk": (CHUNKED + b"FFFFFFFF\r\n", 413),
    "many chunks": (CHUNKED + (b"3e8\r\n" + b"a" * 1_000 + b"\r\n") * 21, 413),
    "expectation": (POST + b"Expect: m4rk\r\nContent-Length: 3\r\n\r\n", 417),
    "expectations": (POST + b"Expect: 100-continue, m4rk\r\nContent-Length: 3\r\n\r\n", 417),
}
CODES = {400: "BAD_REQUEST", 413: "BODY_LIMIT", 417: "EXPECTATION_FAILED", 431: "HEAD_LIMIT"}
# What looks odd and is right.
ODD = {
    "absent fields": b"GET / HTTP/1.0\r\n\r\n",
    "every kind of character": (
        rb"M-~!#$%&'*+.^_`|9 /{}|[]\^<>?%zz"
        + b" HTTP/1.1\r\nHost: [::1]:80\r\n!#$%&'*+-.^_`|~9z: \xff\t\x80\r\n\r\n"
    ),
    "options of the server": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "upgrade to HTTP/2": get(
        b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"
    ),
    "a body where none belongs": get(b"Content-Length: 3") + b"abc",
    "as many fields as there may be": get(*[b"a:"] * 99),
    "as large a body as there may be": POST + b"Content-Length: 20000\r\n\r\n" + b"a" * 20_000,
    "as large chunks as there may be": CHUNKED + b"4e20\r\n" + b"a" * 20_000 + b"\r\n0\r\n\r\n",
    "small chunks": CHUNKED + b"8\r\nabcdefgh\r\n" * 2_000 + b"0\r\n\r\n",
    "as long a head as there may be": get(b"A: " + b"b" * (2_000 - len(get(b"A: ")))),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Listening]:
    with listening() as made:
        yield made


def assert_refused(answer: Answer, status: int) -> None:
    assert (answer.status, answer.code) == (status, CODES[status])
    assert answer.fields["content-type"] == "application/json"
    assert answer.fields["connection"] == "close"
    assert MARK not in answer.body
    assert len(answer.body) < 300
    sentence = json.loads(answer.body)["errors"][0]["message"]
    assert sentence.endswith(".")


async def send_slowly(client: Client, data: bytes, size: int) -> None:
    try:
        for at in range(0, len(data), size):
            client.send(data[at : at + size])
            await client.writer.drain()
            await asyncio.sleep(0)
    except ConnectionError:
        pass


@pytest.mark.parametrize("name", HOSTILE)
async def test_it_is_refused_and_the_connection_closed(
    server: Listening, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    data, status = HOSTILE[name]
    server.seen.clear()
    caplog.set_level(logging.INFO)
    # At once; in pieces of whatever size; after a good request and in one piece with it; followed by another.
    for size, before, after in ((1 << 20, 0, 0), (7, 0, 0), (1 << 20, 2, 0), (1 << 20, 0, 3)):
        async with server.connected() as client:
            whole = request("/short") * before + data + SMUGGLED * after
            sending = asyncio.create_task(send_slowly(client, whole, size))
            for _ in range(before):
                assert (await client.answer()).status == 200
            assert_refused(await client.answer(), status)
            assert await client.closed()
            sending.cancel()
    assert set(server.seen) <= {"/short"}
    assert not caplog.records
    assert (await server.ask(request("/short"))).status == 200


@pytest.mark.parametrize("name", ODD)
async def test_what_is_odd_but_right_is_answered(server: Listening, name: str) -> None:
    data = ODD[name]
    for size in (len(data), 1 if len(data) < 3_000 else 1_001):
        async with server.connected() as client:
            await send_slowly(client, data, size)
            assert (await client.answer()).status == 200


async def test_a_refusal_is_read_also_by_who_goes_on_sending(server: Listening) -> None:
    """Who closes with bytes unread resets the connection, and the client never sees why."""
    for _ in range(5):
        async with server.connected() as client:
            client.send(POST + b"Content-Length: 9000000\r\n\r\n")
            for _ in range(90):
                client.send(b"a" * 100_000)
                await client.writer.drain()
            assert_refused(await client.answer(), 413)


async def test_the_server_and_its_other_clients_feel_nothing(server: Listening) -> None:
    """All of it, again and again, on many connections at once."""
    slowest, stop = 0.0, False

    async def ask_on() -> None:
        nonlocal slowest
        async with server.connected() as client:
            while not stop:
                began = time.perf_counter()
                client.send(request("/short"))
                assert (await client.answer()).status == 200
                slowest = max(slowest, time.perf_counter() - began)
                await asyncio.sleep(0.005)

    async def attack(data: bytes) -> None:
        async with server.connected() as client:
            client.send(data)
            await client.answer()

    async def round_of_all() -> None:
        await asyncio.gather(*(attack(data) for data, _ in HOSTILE.values()))

    await round_of_all()
    assert await eventually(lambda: server.connections == 0)
    gc.collect()
    memory = psutil.Process().memory_info().rss
    asking = asyncio.create_task(ask_on())
    for _ in range(5):
        await round_of_all()
    stop = True
    await asking
    assert slowest < 0.5
    assert await eventually(lambda: server.connections == 0 and server.tasks == 0)
    gc.collect()
    assert psutil.Process().memory_info().rss - memory < 20_000_000


async def test_tiny_pieces_cost_no_more_the_more_there_are() -> None:
    """A body of many small chunks, and one that comes a byte at a time: twice as much takes twice as long."""
    from server.protocol.parsing import Chunks

    def seconds(chunk: bytes, number: int, step: int) -> float:
        data, body, began = (
            chunk * number + b"0\r\n\r\n",
            Chunks(10_000_000, 1_000_000_000),
            time.process_time(),
        )
        held = bytearray()
        for at in range(0, len(data), step):
            held += data[at : at + step]
            ended = body.take(held)
        assert ended
        assert len(body.body) == number * (len(chunk) - 5 if len(chunk) < 20 else len(chunk) - 8)
        return time.process_time() - began

    for chunk, number, step in (
        (b"1\r\na\r\n", 20_000, 100_000),
        (b"1000\r\n" + b"a" * 4_096 + b"\r\n", 10, 1),
    ):
        little = min(seconds(chunk, number, step) for _ in range(3))
        assert min(seconds(chunk, number * 4, step) for _ in range(3)) < little * 10
