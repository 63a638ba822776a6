"""The body of a request that carries JSON: what it must say that it is, how large it may be, and its bytes.

That no page of another site can send one without asking first is half of the guard against forged requests:
a form of HTML cannot say `application/json`. The other half is the token in a header.
"""

from collections.abc import Mapping
from functools import lru_cache

from starlette.types import Receive

from server.errors import BadUserInput, BodyTooLarge, UnsupportedMedia, quoted

JSON = "application/json"
_JSON = JSON.encode()


async def read_json(receive: Receive, headers: Mapping[bytes, bytes], most: int) -> bytes:
    """The body whole, at most so many bytes; whether it is JSON is found by who reads it."""
    if (content_type := headers.get(b"content-type", b"")) != _JSON:
        _require_json(content_type.decode("latin-1"))
    if (encoding := headers.get(b"content-encoding", b"identity")) != b"identity":
        raise UnsupportedMedia(
            f"The body is compressed ({quoted(encoding.decode('latin-1'))}): send it as it is."
        )
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > most:
        raise _too_large(most)
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        chunks, size = [body], len(body)
        while message.get("more_body") and size <= most:
            message = await receive()
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
        body = b"".join(chunks)
    if message["type"] == "http.disconnect":
        raise BadUserInput("The connection closed before the whole body came.")
    if len(body) > most:
        raise _too_large(most)
    return body


@lru_cache(maxsize=256)
def _require_json(content_type: str) -> None:
    kind, *parameters = content_type.lower().split(";")
    charsets = [
        value.strip(' "') for name, _, value in (p.partition("=") for p in parameters) if "charset" in name
    ]
    if kind.strip() != JSON or charsets not in ([], ["utf-8"], ["utf8"]):
        raise UnsupportedMedia(
            f"The body is {quoted(content_type)}: send JSON in UTF-8, as `Content-Type: application/json`."
        )


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is larger than {most:,} bytes: send large values in several requests.")
