"""How many requests are worked on at once, and for how long. One more is told to come back: nothing waits in
a queue that grows, so that those who are let in are answered as fast as ever.

A request asks for its place when its body has come whole: a client that sends slowly holds none.
"""

import asyncio
from types import TracebackType
from typing import Any

from server.errors import Overloaded, TimedOut

_EXPIRED = -1.0
# One timer looks at all requests so often in their time: one for each would cost more than the looking.
_LOOKS = 20


class Admission:
    """At most `most` at once, each for the length of a `with` block and at most so many seconds; UNAVAILABLE
    for one more, TIMEOUT for one that takes longer, whose task is cancelled within the block.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        # Since when, on the loop's clock; the oldest first.
        self._since: dict[asyncio.Task[Any] | None, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        if len(self._since) >= self._most:
            raise Overloaded("The server has as many requests as it can work on. Try again in a second.")
        loop = asyncio.get_running_loop()
        self._since[asyncio.current_task()] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._seconds / _LOOKS, self._look, loop)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task = asyncio.current_task()
        if self._since.pop(task) == _EXPIRED and kind is asyncio.CancelledError:
            assert task is not None
            if task.uncancel() == 0:
                raise TimedOut(
                    f"The request took longer than {self._seconds:g} seconds and was given up."
                    " Ask for less at a time."
                ) from error

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        latest = loop.time() - self._seconds
        for task, since in list(self._since.items()):
            if since > latest:
                break
            if since != _EXPIRED and task is not None:
                self._since[task] = _EXPIRED
                task.cancel()
        if self._since:
            self._timer = loop.call_later(self._seconds / _LOOKS, self._look, loop)
