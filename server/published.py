"""A text that clients fetch, and fetch again only when it has changed: each of the contracts."""

from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response


class Published:
    """One text under one address. `hash` is what its ETag holds."""

    def __init__(self, content: bytes, media_type: str) -> None:
        self._content = content
        self._media_type = media_type
        self.hash = sha256(content).hexdigest()[:32]

    def answer(self, request: Request) -> Response:
        """The text, or 304 for who has it."""
        # Weak: compressed or not, it is the same text in other bytes.
        etag = f'W/"{self.hash}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        known = {tag.strip() for tag in ", ".join(request.headers.getlist("if-none-match")).split(",")}
        if known & {etag, etag.removeprefix("W/"), "*"}:
            return Response(status_code=304, headers=headers)
        return Response(self._content, headers=headers, media_type=self._media_type)
