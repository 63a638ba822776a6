"""The mailbox at /mailbox: the letters that the embedded SMTP server keeps, for developers to read.

A letter may hold anything, so its HTML stands in a frame that runs nothing, loads nothing and is nobody.
"""

import base64
import email
import email.policy
import hashlib
import re
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Route

from server.edge.security import NOTHING, policy

PAGES = Path(__file__).parent / "pages"
STYLE = (PAGES / "style.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
PAGE_POLICY = policy(NOTHING | {"style-src": f"'sha256-{_HASH}'", "frame-src": "'self'"})
# Its own styles and nothing else; its links open elsewhere, as in a mail program.
LETTER_POLICY = policy(
    NOTHING
    | {
        "sandbox": "allow-popups allow-popups-to-escape-sandbox",
        "style-src": "'unsafe-inline'",
        "frame-ancestors": "'self'",
    }
)
_NAME = re.compile(r"[0-9]{20}-[0-9a-f]{8}")
_LINK = re.compile(r"(https?://[^\s<>\"]+)")


class _Shown(NamedTuple):
    """A letter in the list."""

    name: str
    subject: str
    to: str
    date: str


class Mailbox:
    """The letters of a folder. Mount `routes`: absolute paths."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pages = Environment(
            loader=FileSystemLoader(PAGES), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self._pages.globals["style"] = Markup(STYLE)  # noqa: S704
        self.routes: list[BaseRoute] = [
            Route("/mailbox", self.list, methods=["GET"]),
            Route("/mailbox/{name}", self.letter, methods=["GET"]),
            Route("/mailbox/{name}/html", self.html, methods=["GET"]),
        ]

    def list(self, request: Request) -> HTMLResponse:
        """All letters, the newest first."""
        del request
        names = sorted((file.stem for file in self._folder.glob("*.eml")), reverse=True)
        letters = [_shown(name, letter) for name in names if (letter := self._read(name))]
        return self._page("list.html", letters=letters)

    def letter(self, request: Request) -> HTMLResponse:
        """A letter: its HTML in a frame, its text with links, its headers."""
        name, letter = self._asked(request)
        return self._page(
            "letter.html",
            letter=_shown(name, letter),
            text=_LINK.split(_part(letter, "plain")),
            headers=[(header, _readable(value)) for header, value in letter.items()],
        )

    def html(self, request: Request) -> HTMLResponse:
        """The letter's HTML alone."""
        _, letter = self._asked(request)
        headers = {
            "Content-Security-Policy": LETTER_POLICY,
            "X-Frame-Options": "SAMEORIGIN",
            "Cache-Control": "no-store",
        }
        return HTMLResponse(_part(letter, "html"), headers=headers)

    def _asked(self, request: Request) -> tuple[str, EmailMessage]:
        name = request.path_params["name"]
        letter = self._read(name) if _NAME.fullmatch(name) else None
        if letter is None:
            raise HTTPException(404)
        return name, letter

    def _read(self, name: str) -> EmailMessage | None:
        """None where it was the oldest, and is gone."""
        try:
            content = (self._folder / f"{name}.eml").read_bytes()
        except FileNotFoundError:
            return None
        return email.message_from_bytes(content, policy=email.policy.default)

    def _page(self, name: str, **values: object) -> HTMLResponse:
        content = self._pages.get_template(name).render(values)
        return HTMLResponse(
            content.encode("utf-8", "replace"),
            headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"},
        )


def _shown(name: str, letter: EmailMessage) -> _Shown:
    subject = _readable(letter["Subject"] or "(no subject)")
    return _Shown(name, subject, _readable(letter["To"] or ""), _readable(letter["Date"] or ""))


def _readable(value: object) -> str:
    """A header, which may be UTF-8 as it is (RFC 6532); the library takes that for bytes it does not know."""
    return str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _part(letter: EmailMessage, kind: str) -> str:
    """The text of one of the two forms; empty where the letter does not have it."""
    part = letter.get_body((kind,))
    return "" if part is None else str(part.get_content())
