"""How many requests are worked on at once. One more is told to come back: nothing waits in a queue that
grows, so that those who are let in are answered as fast as ever.

A request asks for its place when its body has come whole: a client that sends slowly holds none.
"""

from server.errors import Overloaded


class Admission:
    """At most `most` at once, each for the length of a `with` block; UNAVAILABLE for one more."""

    def __init__(self, most: int) -> None:
        self._free = most

    def __enter__(self) -> None:
        if self._free <= 0:
            raise Overloaded("The server has as many requests as it can work on. Try again in a second.")
        self._free -= 1

    def __exit__(self, *_: object) -> None:
        self._free += 1
