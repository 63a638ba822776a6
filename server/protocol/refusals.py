"""What is answered to bytes that never become a request: small, always the same, closing the connection.

Nothing of what was sent is in it, and nothing of it is logged: whoever sends nonsense shall not fill a disk.
"""

from collections.abc import Mapping
from http import HTTPStatus

import orjson

CODES = {
    400: "BAD_REQUEST",
    408: "REQUEST_TIMEOUT",
    413: "BODY_LIMIT",
    417: "EXPECTATION_FAILED",
    431: "HEAD_LIMIT",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


class Refused(Exception):
    """The connection gets this as its last answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def answer(self) -> bytes:
        entry = {"message": self.message, "extensions": {"code": CODES[self.status]}}
        return answer(self.status, entry)


def answer(status: int, error: Mapping[str, object]) -> bytes:
    """A whole answer of one error, after which the connection closes."""
    body = orjson.dumps({"errors": [error]})
    retry = "retry-after: 1\r\n" if status == 503 else ""
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\ncache-control: no-store\r\n{retry}connection: close\r\n\r\n"
    )
    return head.encode() + body
