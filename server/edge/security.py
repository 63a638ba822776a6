"""The headers that tell a browser what it may do with an answer: nothing, unless the answer says more itself.

/graphql's own JSON has fewer of them (server/graphql.py): nobody navigates to it, and it goes out often.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The policy of an answer that is no page.
NOTHING = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def policy(directives: dict[str, str]) -> str:
    """The value of `Content-Security-Policy`."""
    return "; ".join(f"{directive} {sources}" for directive, sources in directives.items())


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": policy(NOTHING),
    # The same as frame-ancestors, for browsers that do not know that.
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# For a year, and this host alone: what its neighbours do is not ours to say.
HTTPS_ONLY = "max-age=31536000"


class Security:
    """Puts the headers on every answer that does not have its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                # Over http a browser must not believe it, and anybody on the way could have written it.
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", HTTPS_ONLY)
            await send(message)

        await self._app(scope, receive, secured)
