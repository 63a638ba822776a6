"""uvicorn's HTTP protocol, with the head and the body of an answer in one write.

uvicorn writes the head, then the body: two system calls, and two wake-ups of the client. A transport between
them holds what is written first until the second write, or the next turn of the event loop, whichever comes
first.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# In bytes. More is not copied together with anything.
LARGEST_HELD = 32_000


class Protocol(HttpToolsProtocol):
    """The class to give to `uvicorn.Config(http=…)`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(OneWrite(transport, self.loop))  # type: ignore[arg-type]


class OneWrite:
    """A transport that puts two short writes of one turn together."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: bytes | None = None

    def write(self, data: bytes) -> None:
        held, self._held = self._held, None
        if held is None and len(data) <= LARGEST_HELD:
            self._held = data
            self._loop.call_soon(self._flush)
        elif held is not None and len(data) <= LARGEST_HELD:
            self._transport.write(held + data)
        else:
            if held is not None:
                self._transport.write(held)
            self._transport.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            self._transport.write(held)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
