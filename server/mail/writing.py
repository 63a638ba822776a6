"""Writes a letter: its templates, filled in, and the message that they become.

A letter is two templates: `<letter>.txt` with the subject and the text, `<letter>.html` with the same for who
reads HTML. Values of users stand in bodies only, escaped in HTML; no header but the address has one.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from server.auth.seals import Seals

TEMPLATES = Path(__file__).parent / "templates"
# Where the site takes what a link carries, behind `#`: a browser sends that to no server, no log has it.
PAGES = {"verify": "verify-email", "reset": "reset-password", "email": "change-email"}


class Letter(NamedTuple):
    """A letter, ready to be handed over: from, to, and the bytes; whether the address is beyond ASCII."""

    sender: str
    to: str
    content: bytes
    international: bool


class Writer:
    """Writes for one installation."""

    def __init__(self, seals: Seals, sender: str, site: str) -> None:
        self._seals, self._sender, self._site = seals, sender, site
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(("html",), default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def write(self, payload: Mapping[str, Any], number: int, created: datetime) -> Letter:
        """The letter of a job: the same at each try, but for how its parts are kept apart."""
        values = {"site": self._site, **payload}
        if purpose := payload.get("purpose"):
            token = self._seals.seal(purpose, UUID(payload["id"]))
            values["link"] = f"{self._site}/{PAGES[purpose]}#token={token}"
        text = self._templates.get_template(f"{payload['letter']}.txt")
        subject = "".join(text.blocks["subject"](text.new_context(values)))
        html = self._templates.get_template(f"{payload['letter']}.html").render(values, subject=subject)
        to = _in_ascii(payload["to"])
        international = not to.isascii()
        name, sender = parseaddr(self._sender)
        domain = sender.rpartition("@")[2]

        message = EmailMessage(policy=SMTPUTF8 if international else SMTP)
        message["Subject"] = " ".join(subject.split())
        message["From"] = Address(name, addr_spec=sender)
        local, _, host = to.rpartition("@")
        message["To"] = Address("", local, host)
        message["Date"] = format_datetime(created)
        # Of the job, so that a letter that comes twice is known as one. Not its number: that tells how many.
        unique = hashlib.sha256(f"{number} {created.isoformat()}".encode()).hexdigest()[:32]
        message["Message-ID"] = f"<{unique}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text.render(values), cte="quoted-printable")
        message.add_alternative(html, subtype="html", cte="quoted-printable")
        return Letter(sender, to, message.as_bytes(), international)


def _in_ascii(address: str) -> str:
    """The address with its domain as DNS has it; with what is before the `@` as it is."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address
