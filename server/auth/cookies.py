"""The refresh token as a cookie: for pages in a browser, whose scripts are not to have it.

It goes to /graphql alone and is sent from pages of this site only. What it can be used for, a new access
token in the body of an answer, another site could not read even so.
"""

from starlette.requests import cookie_parser

from server.context import Context

_NAME = "dwelzo_refresh"


def refresh_cookie(context: Context, value: str, seconds: int) -> bytes:
    """The header that keeps a refresh token for so many seconds; 0 forgets it."""
    secure = "; Secure" if context.scope.get("scheme") == "https" else ""
    fields = f"Path=/graphql; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    return f"{_NAME}={value}; {fields}".encode()


def read_refresh_cookie(context: Context) -> str | None:
    """The refresh token of a request's cookie, if it has one."""
    return cookie_parser(context.header(b"cookie") or "").get(_NAME)
