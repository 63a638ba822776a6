"""One request and its answer, as an ASGI application sees them.

The body is there before the application runs, so that nothing is worked on that may never come whole, and a
slow client takes no one's turn. Head and body of an answer are one write, unless the body is large: two
writes are two system calls and two wake-ups of the client.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.types import Message

from server.errors import to_wire
from server.protocol import refusals
from server.protocol.parsing import Head

if TYPE_CHECKING:
    from server.protocol.connection import Protocol

log = logging.getLogger("dwelzo.protocol")

# In bytes. More is not copied together with its head.
LARGEST_COPIED = 32_000

_STATUS_LINES = {
    **{status: b"HTTP/1.1 %d " % status for status in range(100, 600)},
    **{status.value: f"HTTP/1.1 {status.value} {status.phrase}".encode() for status in HTTPStatus},
}
_BODILESS = (204, 304)
_ASGI = {"version": "3.0", "spec_version": "2.3"}
_DISCONNECT = {"type": "http.disconnect"}


class Exchange:
    __slots__ = (
        "_body",
        "_chunked",
        "_complete",
        "_connection",
        "_gone",
        "_head",
        "_left",
        "_over",
        "_start",
        "_task",
        "_written",
        "keep_alive",
    )

    def __init__(self, connection: "Protocol", head: Head, body: bytes, keep_alive: bool) -> None:
        self._connection = connection
        self._head = head
        self._body: bytes | None = body
        self.keep_alive = keep_alive
        # The message that began the answer; its head is written with the first of its body.
        self._start: Message | None = None
        self._written = False
        self._complete = False
        self._gone = False
        self._chunked = False
        # Bytes of the body that the head has promised; None where it said nothing.
        self._left: int | None = None
        # Done when nothing more can be received.
        self._over: asyncio.Future[None] | None = None

    def start(self) -> None:
        connection = self._connection
        self._task = task = connection.loop.create_task(self._run())
        connection.server.tasks.add(task)

    def leave(self) -> None:
        """The client has left: what is worked on for it ends. Whose answer is complete is never told."""
        self._gone = True
        self._finish()
        self._task.cancel()
        # A task that had not begun never comes to its own end.
        self._task.add_done_callback(self._connection.server.tasks.discard)

    async def _run(self) -> None:
        connection, head = self._connection, self._head
        scope = {
            "type": "http",
            "asgi": _ASGI,
            "http_version": head.version,
            "server": connection.address,
            "client": connection.client,
            "scheme": connection.scheme,
            "method": head.method,
            "root_path": "",
            "path": head.path,
            "raw_path": head.raw_path,
            "query_string": head.query_string,
            "headers": list(head.headers),
            "state": connection.app_state.copy(),
        }
        try:
            await connection.app(scope, self.receive, self.send)
            if not self._complete and not self._gone:
                raise RuntimeError("The application returned without completing its answer.")
        except asyncio.CancelledError:
            if not self._gone:
                self._fail({"message": _STOPPED, "extensions": {"code": "UNAVAILABLE"}}, 503)
        except Exception as error:
            # Logs it, with the reference that the answer has.
            self._fail(to_wire(error), 500)
        finally:
            connection.server.tasks.discard(self._task)

    async def receive(self) -> Message:
        body, self._body = self._body, None
        if body is not None:
            return {"type": "http.request", "body": body, "more_body": False}
        if not self._complete and not self._gone:
            if self._over is None:
                self._over = self._connection.loop.create_future()
            await asyncio.shield(self._over)
        return dict(_DISCONNECT)

    async def send(self, message: Message) -> None:
        if self._gone:
            return
        kind = message["type"]
        if self._start is None:
            if kind != "http.response.start":
                raise RuntimeError(f"An answer begins with http.response.start, not with {kind}.")
            self._start = message
            return
        if kind != "http.response.body" or self._complete:
            raise RuntimeError(f"{kind} came after the answer had {'ended' if self._complete else 'begun'}.")
        body, more = message.get("body", b""), message.get("more_body", False)
        head = b""
        if not self._written:
            head = self._head_of_answer(self._start, None if more else len(body))
        if self._head.method == "HEAD":
            body = b""
        elif self._left is not None:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise RuntimeError("The body has another length than the head of the answer says.")
        elif self._chunked:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"" if more else b"0\r\n\r\n")
        self._written = True
        connection = self._connection
        connection.written += len(head) + len(body)
        if len(body) <= LARGEST_COPIED:
            connection.transport.write(head + body)
        else:
            connection.transport.writelines((head, body))
        if more:
            await connection.drain()
        else:
            self._complete = True
            self._finish()
            connection.answered(self.keep_alive)

    def _head_of_answer(self, start: Message, whole: int | None) -> bytes:
        """The lines before the body. `whole` is its length, where it is known."""
        status, headers = start["status"], start.get("headers", ())
        fields = dict(headers)
        if b"transfer-encoding" in fields:
            # How an answer is framed is the server's business.
            headers = [field for field in headers if field[0] != b"transfer-encoding"]
        lines = [_STATUS_LINES[status], *map(b": ".join, self._connection.server.default_headers)]
        lines += map(b": ".join, headers)
        length = fields.get(b"content-length")
        if status in _BODILESS:
            self._left = 0
        elif length is not None:
            self._left = int(length)
        elif whole is not None:
            self._left = whole
            if self._head.method != "HEAD":
                lines.append(b"content-length: %d" % whole)
        elif self._head.version == "1.1":
            self._chunked = True
            lines.append(b"transfer-encoding: chunked")
        else:
            self.keep_alive = False
        if fields.get(b"connection", b"").lower() == b"close":
            self.keep_alive = False
        elif not self.keep_alive:
            lines.append(b"connection: close")
        head = b"\r\n".join(lines)
        # A line end within a value would begin a line of its own.
        if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1 or b"\0" in head:
            raise RuntimeError("A header field of the answer holds a line end or NUL.")
        return head + b"\r\n\r\n"

    def _fail(self, error: dict[str, Any], status: int) -> None:
        """An answer in the place of the application's, or the end of one that is half written."""
        if self._gone or self._complete:
            return
        self._complete = True
        self._finish()
        if self._written:
            self._connection.transport.abort()
        else:
            self._connection.last(refusals.answer(status, error))

    def _finish(self) -> None:
        if self._over is not None and not self._over.done():
            self._over.set_result(None)


_STOPPED = "The server stops and has given the request up: try again soon."
