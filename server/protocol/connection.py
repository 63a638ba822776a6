"""A connection: when its bytes may come, how many, and whose turn it is.

One request of a connection is worked on at a time; what was sent ahead waits as bytes, a bounded number of
them. Nothing is timed by request: one timer of the server looks at all connections a few times a second.
"""

import asyncio
from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar, cast
from weakref import WeakKeyDictionary

from uvicorn import Config
from uvicorn.server import ServerState

from server.protocol.exchange import Exchange
from server.protocol.parsing import CHUNKED, Chunks, Head, body_too_large, check_begin, parse_head
from server.protocol.refusals import Refused

# After its last answer a connection is read on for so long, unless the client closes it before: who closes
# with bytes unread resets the connection, and the answer may be lost with it.
LINGER_SECONDS = 1.0
# How many connections above the allowed ones are told so; all others are just closed.
_TOLD = 100
_LOOK_SECONDS = 0.5

# What a connection waits for.
NEW, IDLE, HEAD, BODY, ANSWER, END = range(6)


@dataclass(frozen=True, slots=True)
class Limits:
    """In bytes, seconds, and connections of one process. `.env.example` explains each."""

    head_bytes: int = 16_384
    body_bytes: int = 100_000
    head_seconds: float = 10.0
    body_seconds: float = 20.0
    write_seconds: float = 20.0
    idle_seconds: float = 65.0
    connections: int = 2_000


class Watch:
    """The one timer of a server: it runs as long as there are connections."""

    def __init__(self, limits: Limits) -> None:
        shortest = min(limits.head_seconds, limits.body_seconds, limits.write_seconds, limits.idle_seconds)
        self._seconds = min(_LOOK_SECONDS, shortest / 4)
        self._timer: asyncio.TimerHandle | None = None

    def over(self, connections: set[Any], loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look, connections, loop)

    def _look(self, connections: set[Any], loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for connection in list(connections):
            connection.look(now)
        if connections:
            self.over(connections, loop)


class Protocol(asyncio.Protocol):
    """The class to give to `uvicorn.Config(http=…)`; `protocol_within` makes one of other limits."""

    limits: ClassVar[Limits] = Limits()
    _watches: ClassVar[WeakKeyDictionary[ServerState, Watch]] = WeakKeyDictionary()

    transport: asyncio.Transport

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.app = config.loaded_app
        self.app_state = app_state
        self.loop = _loop or asyncio.get_running_loop()
        self.server = server_state
        self.written = 0
        self._connections: set[Any] = server_state.connections
        self._stopping = False
        # What has come and was not used yet.
        self._held = bytearray()
        self._head: Head | None = None
        self._chunks: Chunks | None = None
        self._exchange: Exchange | None = None
        self._waits_for = NEW
        self._deadline = inf
        self._reading = True
        # None while the client takes what is written to it.
        self._drained: asyncio.Future[None] | None = None
        self._taken = -1
        self._taken_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's is none by its class.
        self.transport = cast(asyncio.Transport, transport)
        self.client = _address(transport.get_extra_info("peername"))
        self.address = _address(transport.get_extra_info("sockname"))
        self.scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self._connections.add(self)
        if (watch := self._watches.get(self.server)) is None:
            watch = self._watches[self.server] = Watch(self.limits)
        watch.over(self._connections, self.loop)
        # Who connects ahead has sent nothing yet that an answer could be given to.
        self._deadline = self.loop.time() + self.limits.head_seconds
        if (found := len(self._connections)) > self.limits.connections:
            if found > self.limits.connections + _TOLD:
                self.transport.abort()
            else:
                self.refuse(Refused(503, "The server has as many connections as it can: try again soon."))

    def data_received(self, data: bytes) -> None:
        waits_for = self._waits_for
        if waits_for == END:
            return
        if waits_for == ANSWER or self._drained is not None:
            self._hold(data)
            return
        try:
            if waits_for == BODY:
                self._held += data
                self._read_body()
            elif self._held:
                self._held += data
                self._read(self._held)
            else:
                self._read(data)
        except Refused as refused:
            self.refuse(refused)

    def eof_received(self) -> bool:
        """The client has left: nobody would read the answer. Closes once all that is written is taken."""
        self._leave()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._connections.discard(self)
        self._leave()
        self._held.clear()
        self.resume_writing()

    def pause_writing(self) -> None:
        if self._drained is None:
            self._drained = self.loop.create_future()

    def resume_writing(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None:
            drained.set_result(None)
            if self._waits_for == IDLE:
                self._next()

    def shutdown(self) -> None:
        """uvicorn stops: a request that is worked on gets its answer, the others have come too late."""
        self._stopping = True
        if self._exchange is not None:
            self._exchange.keep_alive = False
        else:
            self.transport.close()

    def look(self, now: float) -> None:
        """Ends the connection where the client keeps it waiting for too long."""
        waiting = self.transport.get_write_buffer_size()
        if waiting and self._waits_for == IDLE:
            # Whoever still takes the answer is not idle.
            self._deadline = now + self.limits.idle_seconds
        if now > self._deadline:
            self._expire()
            return
        taken = self.written - waiting if waiting else -1
        if taken != self._taken:
            self._taken, self._taken_at = taken, now
        elif waiting and now - self._taken_at > self.limits.write_seconds:
            self._leave()
            self.transport.abort()

    async def drain(self) -> None:
        """Returns when the client has taken enough of what was written."""
        if self._drained is not None:
            await asyncio.shield(self._drained)

    def answered(self, keep_alive: bool) -> None:
        """The exchange is complete: the next one begins."""
        self._exchange = None
        self.server.total_requests += 1
        if keep_alive:
            self._waits_for = IDLE
            self._deadline = self.loop.time() + self.limits.idle_seconds
            if self._held or not self._reading:
                self._next()
        elif self._held:
            self._end()
        else:
            self._waits_for = END
            self.transport.close()

    def refuse(self, refused: Refused) -> None:
        """The last answer of the connection."""
        self.last(refused.answer())

    def last(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.written += len(answer)
            self.transport.write(answer)
        self._end()

    def _end(self) -> None:
        self._waits_for = END
        self._deadline = self.loop.time() + LINGER_SECONDS
        self._held.clear()
        self._head = self._chunks = self._exchange = None
        if self.transport.is_closing():
            return
        if self.transport.can_write_eof() and not self._stopping:
            self._read_on()
            self.transport.write_eof()
        else:
            self.transport.close()

    def _read(self, data: bytes | bytearray) -> None:
        """The next request, of what is there."""
        end = data.find(b"\r\n\r\n") + 4
        if end < 4 or end > self.limits.head_bytes:
            self._read_begin(data, end)
            return
        head = parse_head(data[:end] if isinstance(data, bytes) else bytes(data[:end]))
        length = head.length
        if length > self.limits.body_bytes:
            raise body_too_large(self.limits.body_bytes)
        if data is self._held:
            del self._held[:end]
            whole = len(self._held)
        else:
            whole = len(data) - end
            if 0 <= length <= whole:
                # The usual case: all of it has come at once.
                if length < whole:
                    self._held += data[end + length :]
                self._start(head, data[end : end + length])
                return
            self._held += data[end:]
        self._head = head
        self._chunks = Chunks(self.limits.body_bytes, self.limits.head_bytes) if length == CHUNKED else None
        self._waits_for = BODY
        self._deadline = self.loop.time() + self.limits.body_seconds
        if head.expects_continue and not whole:
            self.written += 25
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._read_body()

    def _read_begin(self, data: bytes | bytearray, end: int) -> None:
        """A head that is not complete, or too long."""
        most = self.limits.head_bytes
        if end > most or (end < 4 and len(data) > most):
            raise Refused(431, f"The head is larger than {most:,} bytes: send fewer or shorter fields.")
        check_begin(bytes(data))
        if self._waits_for != HEAD:
            self._waits_for = HEAD
            self._deadline = self.loop.time() + self.limits.head_seconds
        if data is not self._held:
            self._held += data

    def _read_body(self) -> None:
        head, chunks = self._head, self._chunks
        assert head is not None
        if chunks is not None:
            if chunks.take(self._held):
                self._start(head, bytes(chunks.body))
        elif len(self._held) >= head.length:
            body = bytes(self._held[: head.length])
            del self._held[: head.length]
            self._start(head, body)

    def _start(self, head: Head, body: bytes | bytearray) -> None:
        self._waits_for = ANSWER
        self._deadline = inf
        self._head = self._chunks = None
        exchange = self._exchange = Exchange(self, head, bytes(body), head.keep_alive and not self._stopping)
        exchange.start()
        if self._held:
            self._hold(b"")

    def _hold(self, data: bytes) -> None:
        """Keep what is sent ahead; not more than a little."""
        self._held += data
        if self._reading and len(self._held) > self.limits.head_bytes:
            self._reading = False
            self.transport.pause_reading()

    def _read_on(self) -> None:
        if not self._reading:
            self._reading = True
            self.transport.resume_reading()

    def _next(self) -> None:
        """The request after this one, as soon as its client takes answers."""
        if self._drained is not None or self.transport.is_closing():
            return
        self._read_on()
        if self._held:
            try:
                self._read(self._held)
            except Refused as refused:
                self.refuse(refused)

    def _leave(self) -> None:
        exchange, self._exchange = self._exchange, None
        self._waits_for = END
        if exchange is not None:
            exchange.leave()

    def _expire(self) -> None:
        waits_for, limits = self._waits_for, self.limits
        if waits_for == HEAD:
            sentence = f"The head did not come within {limits.head_seconds:g} seconds: send it at once."
            self.refuse(Refused(408, sentence))
        elif waits_for == BODY:
            sentence = f"The body did not come within {limits.body_seconds:g} seconds: send less at a time."
            self.refuse(Refused(408, sentence))
        else:
            self._waits_for = END
            self._deadline = inf
            self.transport.close()


def protocol_within(limits: Limits) -> type[Protocol]:
    """The protocol with other limits than those that stand above."""
    return type("Protocol", (Protocol,), {"limits": limits})


def _address(found: object) -> tuple[str, int] | None:
    """Host and port of a socket's end; an IPv4 address as such where an IPv6 socket has taken it."""
    if not isinstance(found, tuple | list):
        return None
    host = str(found[0])
    return host.removeprefix("::ffff:") if "." in host else host, int(found[1])
